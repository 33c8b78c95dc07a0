import { expect, test } from 'vitest'
import { createScene, event, subscription } from './scene.fixture.ts'

const cancelled = 'orders.orderCancelled.v1'
const both = { types: ['orders.orderPlaced.v1', cancelled] }

test("'start' begins with the first event, 'now' and a type that is added later at the mark of that moment", async () => {
  await using scene = await createScene()
  const first = scene.messaging([subscription('all'), subscription('new', undefined, { from: 'now' })])
  await scene.messaging([]).start()
  await scene.publish([event('a1'), event('a2', {}, cancelled)])
  await first.start()
  await scene.publish([event('b1'), event('b2', {}, cancelled)])
  await first.idle()
  await first.drain()
  const second = scene.messaging([
    subscription('all', undefined, both),
    subscription('new', undefined, { from: 'now' }),
  ])
  await second.start()
  await scene.publish([event('c1'), event('c2', {}, cancelled)])
  await second.idle()

  const keys = async (name: string) => (await scene.seen('stock', name)).map((row) => row.key)
  expect(await keys('all')).toEqual(['a1', 'b1', 'c1', 'c2'])
  expect(await keys('new')).toEqual(['b1', 'c1'])
  expect(await second.operations.deliveryCounters()).toMatchObject([
    { written: 4, handled: 4, drift: 0 },
    { written: 2, handled: 2, drift: 0 },
  ])
})

test('several types of one publisher come in the order of their positions', async () => {
  await using scene = await createScene()
  const messaging = scene.messaging([subscription('history', undefined, both)])
  await messaging.start()
  await scene.publish([event('k'), event('k', {}, cancelled), event('k')])
  await messaging.idle()
  expect((await scene.seen('stock', 'history')).map((row) => row.position)).toEqual([1, 2, 3])
})

test('refuses subscriptions that do not fit, all at once', async () => {
  await using scene = await createScene()
  const wrong = [
    subscription('a', undefined, { service: 'nobody' }),
    subscription('b', undefined, { types: [] }),
    subscription('c'),
    subscription('c'),
  ]
  expect(() => scene.messaging(wrong)).toThrow(/nobody\.a.*stock\.b.*stock\.c: there are two/)
  expect(() => scene.messaging([], { settings: { pageSize: 101 } })).toThrow(/pageSize is 101/)
  await scene.messaging([subscription('c')]).start()
  const moved = scene.messaging([subscription('c', undefined, { publisher: 'mail' })])
  await expect(moved.start()).rejects.toMatchObject({ code: 'ARC_APPLICATION_INVALID' })
})

test('partitions are made ahead, and events cross their border without anybody noticing', async () => {
  await using scene = await createScene()
  const messaging = scene.messaging([subscription('reserve')])
  await messaging.start()
  await scene.admin.query("select setval('archipel_bus.positions', 2999998)")
  await scene.admin.query('select archipel_bus.make_partitions(2)')
  await scene.publish(['a', 'b', 'c', 'd'].map((key) => event(key)))
  await messaging.idle()
  expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['a', 'b', 'c', 'd'])
  expect(await scene.admin.query("select to_regclass('archipel_bus.log_4') is not null as ahead")).toEqual([
    { ahead: true },
  ])
})

test('those who wait for a key are woken by its events and by nothing else', async () => {
  await using scene = await createScene()
  const messaging = scene.messaging([subscription('reserve')])
  await messaging.start()
  let woken = false
  const waiting = messaging.hints.wait('orders', 'k', { timeoutMs: 60_000 }).then(() => (woken = true))
  messaging.kick('orders', [event('other')])
  messaging.kick('mail', [event('k')])
  await messaging.idle()
  expect(woken).toBe(false)
  messaging.kick('orders', [event('k')])
  await waiting
  await messaging.hints.wait('orders', 'k', { timeoutMs: 1 })
  await messaging.hints.wait('orders', 'k', { timeoutMs: 60_000, signal: AbortSignal.abort() })
})

test('a handler that never ends is given up, and only its key waits', async () => {
  await using scene = await createScene()
  const messaging = scene.messaging(
    [
      subscription('reserve', (handled) =>
        handled.key === 'endless' ? new Promise(() => undefined) : undefined,
      ),
    ],
    {
      settings: { handlerTimeoutMs: 50 },
    },
  )
  await messaging.start()
  await scene.publish([event('a'), event('endless'), event('b')])
  await messaging.idle()
  expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['a', 'b'])
  expect(
    (await messaging.operations.deadLetters({})).items.map((letter) => letter.error?.slice(0, 12)),
  ).toEqual(['ARC_DEADLINE'])
})
