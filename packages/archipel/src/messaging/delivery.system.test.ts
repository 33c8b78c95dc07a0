import { expect, test } from 'vitest'
import { createScene, event, nothingLeft, subscription } from './scene.fixture.ts'

test('delivers in order, once, to every subscription, with the events that handlers publish', async () => {
  await using scene = await createScene()
  const messaging = scene.messaging([
    subscription('reserve', undefined, {
      async handle(handled, transaction) {
        await transaction.query({
          text: "insert into seen (subscription, position, key) values ('reserve', $1, $2)",
          values: [handled.position, handled.key],
        })
        return { ...nothingLeft, events: [event(handled.key, { of: handled.id }, 'stock.reserved.v1')] }
      },
    }),
    subscription('tell', undefined, { service: 'mail', publisher: 'stock', types: ['stock.reserved.v1'] }),
  ])
  await messaging.start()
  for (let round = 0; round < 5; round++) await scene.publish([event('a'), event('b'), event('c')])
  await messaging.idle()

  const reserved = await scene.seen('stock', 'reserve')
  expect(reserved.map((row) => row.key).join('')).toBe('abc'.repeat(5))
  expect(reserved.map((row) => row.position)).toEqual(
    reserved.map((row) => row.position).toSorted((a, b) => a - b),
  )
  expect((await scene.seen('mail', 'tell')).map((row) => row.key).join('')).toBe('abc'.repeat(5))
  for (const counters of await messaging.operations.deliveryCounters()) {
    expect(counters).toMatchObject({
      written: 15,
      handled: 15,
      inFlight: 0,
      parked: 0,
      discarded: 0,
      drift: 0,
    })
  }
})
