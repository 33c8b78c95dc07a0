import { expect, test, vi } from 'vitest'
import type { FaultPoints } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'
import type { Transaction } from '../storage/index.ts'
import { createSubscriptionStore } from './inbox/subscription-store.ts'
import { createInboxStore } from './index.ts'
import { createScene, event, subscription } from './scene.fixture.ts'

/** Pauses the first time that a point is reached, until it is released. */
function pauseAt(point: string): FaultPoints & { readonly paused: Promise<void>; release(): void } {
  const paused = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  let armed = true
  return {
    armed: true,
    paused: paused.promise,
    release: released.resolve,
    reach(name) {
      if (name !== point || !armed) return undefined
      armed = false
      paused.resolve()
      return released.promise
    },
  }
}

test.each([
  { point: 'messaging.page-due', ports: {} },
  { point: 'messaging.page-taken', ports: { createInboxStore } },
])('an owner that was paused at $point until another took over writes nothing any more', async (way) => {
  await using scene = await createScene()
  const faults = pauseAt(way.point)
  const old = scene.messaging([subscription('reserve')], {
    instance: 'old',
    environment: { ...scene.environment, faults },
    ...way.ports,
  })
  await old.start()
  await scene.publish([event('a'), event('b')])
  await faults.paused
  await scene.admin.query("update stock.archipel_subscriptions set lease_until = '-infinity'")
  const next = scene.messaging([subscription('reserve')], { instance: 'next' })
  await next.start()
  await next.idle()
  expect(await scene.seen('stock', 'reserve')).toHaveLength(2)

  faults.release()
  await old.idle()
  await scene.publish([event('c')])
  await next.idle()
  expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['a', 'b', 'c'])
  expect(await scene.admin.query('select owner from stock.archipel_subscriptions')).toEqual([
    { owner: 'next' },
  ])
})

test('a take-over waits for the transaction of the old owner, and then finds its lease renewed', async () => {
  await using scene = await createScene()
  const faults = pauseAt('messaging.before-commit')
  const old = scene.messaging([subscription('reserve')], {
    instance: 'old',
    environment: { ...scene.environment, faults },
    settings: { leaseMs: 600 },
  })
  await old.start()
  await scene.publish([event('a')])
  await faults.paused
  const says = (sql: string) =>
    vi.waitFor(async () => expect(await scene.admin.query(sql)).toEqual([{ so: true }]), {
      timeout: 5000,
      interval: 10,
    })
  await says('select lease_until < clock_timestamp() as so from stock.archipel_subscriptions')
  const claim = createSubscriptionStore(scene.database('stock')).claim('reserve', 'next', 600, 0)
  await says(
    "select count(*) = 1 as so from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  )
  faults.release()

  expect(await claim).toBeUndefined()
  await old.idle()
  expect(await scene.seen('stock', 'reserve')).toHaveLength(1)
})

test('a drained host hands its subscriptions back, and the next one goes on where it stopped', async () => {
  await using scene = await createScene()
  const first = scene.messaging([subscription('reserve')], { instance: 'one' })
  await first.start()
  await scene.publish([event('a')])
  await first.idle()
  await first.drain()
  await scene.publish([event('b')])
  const second = scene.messaging([subscription('reserve')], { instance: 'two' })
  await second.start()
  await second.idle()
  expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['a', 'b'])
})

test('a page whose commit got no answer is read again, and nothing of it is handled twice', async () => {
  await using scene = await createScene()
  // The first commit goes through, the inbox rows are folded away, and only then the connection is lost.
  let lost = false
  const stock = scene.database('stock')
  const begin = async (): Promise<Transaction> => {
    const transaction = await stock.begin()
    return {
      ...transaction,
      async commit(last) {
        const rows = await transaction.commit(last)
        if (lost) return rows
        lost = true
        await scene.admin.query('set search_path = stock; ')
        await scene.admin.query(
          "select archipel_fold('reserve', fence, 0, 100) from archipel_subscriptions where name = 'reserve'",
        )
        throw frameworkError('ARC_DATABASE_UNAVAILABLE', 'The answer to COMMIT did not arrive.', {
          effect: 'unknown',
        })
      },
    }
  }
  const messaging = scene.messaging([subscription('reserve')], {
    databases: new Map([...scene.databases, ['stock', { ...stock, begin }]]),
  })
  await messaging.start()
  await scene.publish([event('a'), event('b'), event('c')])
  await messaging.idle()

  expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['a', 'b', 'c'])
  expect(await messaging.operations.deliveryCounters()).toMatchObject([{ written: 3, handled: 3, drift: 0 }])
})
