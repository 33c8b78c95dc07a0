import { expect, test } from 'vitest'
import { createScene, event, nothingLeft, subscription } from './scene.fixture.ts'

const EVENTS = 1_500
const CUTS = 6

test('every connection of everybody is cut again and again: nothing is lost, nothing doubled, nothing parked', async () => {
  await using scene = await createScene()
  const messaging = scene.messaging([
    subscription('reserve', undefined, {
      async handle(handled, transaction) {
        const text = "insert into seen (subscription, position, key) values ('reserve', $1, $2)"
        await transaction.query({ text, values: [handled.position, handled.key] })
        return { ...nothingLeft, events: [event(handled.key, { of: handled.id }, 'stock.reserved.v1')] }
      },
      retry: { attempts: 50, firstDelayMs: 1, longestDelayMs: 10 },
    }),
    subscription('tell', undefined, {
      service: 'mail',
      publisher: 'stock',
      types: ['stock.reserved.v1'],
      retry: { attempts: 50, firstDelayMs: 1, longestDelayMs: 10 },
    }),
  ])
  await messaging.start()
  let begun = 0
  let lost = 0
  async function write(): Promise<void> {
    while (begun < EVENTS) {
      begun++
      if (begun % Math.floor(EVENTS / CUTS) === 0) await cut()
      await scene.publish([event(`key-${begun % 20}`)]).catch(() => lost++)
      messaging.kick()
    }
  }
  const others = 'datname = current_database() and pid <> pg_backend_pid() and usename <> session_user'
  const cut = () =>
    scene.admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${others}`)
  await Promise.all([write(), write(), write()])
  await messaging.idle()

  expect(lost).toBeGreaterThan(0)
  const logged = await scene.admin.query(
    "select position from archipel_bus.log where publisher = 'orders' order by position",
  )
  expect(logged.length).toBeGreaterThan(EVENTS / 2)
  const reserved = (await scene.seen('stock', 'reserve')).map((row) => row.position)
  expect(reserved.toSorted((a, b) => a - b)).toEqual(logged.map((row) => row['position']))
  const told = await scene.admin.query(
    "select position from archipel_bus.log where publisher = 'stock' order by position",
  )
  expect(told).toHaveLength(reserved.length)
  expect((await scene.seen('mail', 'tell')).map((row) => row.position).toSorted((a, b) => a - b)).toEqual(
    told.map((row) => row['position']),
  )
  for (const counters of await messaging.operations.deliveryCounters())
    expect(counters).toMatchObject({ parked: 0, inFlight: 0, drift: 0 })
})
