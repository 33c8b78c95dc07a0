import { expect, test } from 'vitest'
import { quietTelemetry } from '../telemetry/index.ts'
import { createScene, event, subscription } from './scene.fixture.ts'

const by = { who: 'anna', why: 'the handler was mended' }

test('a poisonous event blocks only its key, is parked with later ones behind it, and replay handles each once, in order', async () => {
  await using scene = await createScene()
  let poisonous = true
  const tries: number[] = []
  const messaging = scene.messaging([
    subscription('reserve', (handled) => {
      if (handled.data['poison'] !== true) return
      tries.push(handled.position)
      if (poisonous) throw new Error('no such product')
    }),
  ])
  await messaging.start()
  await scene.publish([
    event('a'),
    event('bad', { poison: true }),
    event('a'),
    event('bad', { second: 1 }),
    event('b'),
  ])
  await messaging.idle()
  await scene.publish([event('bad', { third: 1 }), event('a')])
  await messaging.idle()

  // Tried in the page, then alone until its tries are used up.
  expect(tries.length).toBe(1 + 3)
  expect((await scene.seen('stock', 'reserve')).map((row) => row.key).join(' ')).toBe('a a b a')
  const letters = await messaging.operations.deadLetters({})
  expect(letters.items.map(({ key, reason, error, attempts }) => ({ key, reason, error, attempts }))).toEqual(
    [
      {
        key: 'bad',
        reason: 'failed',
        error: expect.stringMatching(/^Error: no such product \(at .*poison\.system\.test\.ts:\d+:\d+\)+$/),
        attempts: 3,
      },
      { key: 'bad', reason: 'behind', error: undefined, attempts: 0 },
      { key: 'bad', reason: 'behind', error: undefined, attempts: 0 },
    ],
  )
  expect(await messaging.operations.deliveryCounters()).toMatchObject([
    { written: 7, handled: 4, parked: 3, drift: 0 },
  ])

  // Replayed while the handler still fails, it stays parked, in its place.
  await messaging.operations.replay({ service: 'stock', subscription: 'reserve', key: 'bad' }, by)
  await messaging.idle()
  expect((await messaging.operations.deadLetters({})).items.map((letter) => letter.attempts)).toEqual([
    4, 0, 0,
  ])

  poisonous = false
  expect(await messaging.operations.replay({ service: 'stock', subscription: 'reserve' }, by)).toBe(1)
  await messaging.idle()
  await scene.publish([event('bad', { fourth: 1 })])
  await messaging.idle()

  const bad = (await scene.seen('stock', 'reserve')).filter((row) => row.key === 'bad')
  expect(bad.map((row) => row.position)).toEqual([2, 4, 6, 8])
  expect((await messaging.operations.deadLetters({})).items).toEqual([])
  expect(await messaging.operations.deliveryCounters()).toMatchObject([
    { written: 8, handled: 8, parked: 0, drift: 0, position: 8 },
  ])
  await expect(
    messaging.operations.replay({ service: 'stock', subscription: 'reserve' }, by),
  ).rejects.toMatchObject({ code: 'ARC_ACTION_REFUSED' })
  const actions = await scene.admin.query(
    'select action, key, who from stock.archipel_operator_actions order by id',
  )
  expect(actions).toEqual([
    { action: 'replay', key: 'bad', who: 'anna' },
    { action: 'replay', key: null, who: 'anna' },
  ])
})

test("with 'skip' only the poisonous event is parked, and it can be replayed alone", async () => {
  await using scene = await createScene()
  let poisonous = true
  const messaging = scene.messaging([
    subscription(
      'count',
      (handled) => {
        if (poisonous && handled.data['poison'] === true) throw new Error('bad')
      },
      { onPoison: 'skip' },
    ),
  ])
  await messaging.start()
  await scene.publish([event('k', { poison: true }), event('k'), event('k')])
  await messaging.idle()
  expect((await scene.seen('stock', 'count')).map((row) => row.position)).toEqual([2, 3])

  poisonous = false
  await messaging.operations.replay({ service: 'stock', subscription: 'count' }, by)
  await messaging.idle()
  expect((await scene.seen('stock', 'count')).map((row) => row.position)).toEqual([2, 3, 1])
  expect(await messaging.operations.deliveryCounters()).toMatchObject([
    { written: 3, handled: 3, parked: 0, drift: 0 },
  ])
})

test('discarded events are counted and recorded, and their key is free again', async () => {
  await using scene = await createScene()
  const messaging = scene.messaging([
    subscription('reserve', (handled) => {
      if (handled.data['poison'] === true) throw new Error('bad')
    }),
  ])
  await messaging.start()
  await scene.publish([event('k', { poison: true }), event('k'), event('other')])
  await messaging.idle()
  await messaging.operations.discard({ service: 'stock', subscription: 'reserve', key: 'k', position: 1 }, by)
  expect((await messaging.operations.deadLetters({})).items.map((letter) => letter.position)).toEqual([2])
  expect(
    await messaging.operations.discard({ service: 'stock', subscription: 'reserve', key: 'k' }, by),
  ).toBe(1)
  await scene.publish([event('k')])
  await messaging.idle()

  expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['other', 'k'])
  expect(await messaging.operations.deliveryCounters()).toMatchObject([
    { written: 4, handled: 2, parked: 0, discarded: 2, drift: 0 },
  ])
})

test('goes on counting the tries of a blocked key after a restart', async () => {
  await using scene = await createScene()
  const slow = { retry: { attempts: 2, firstDelayMs: 60_000, longestDelayMs: 60_000 } }
  let tries = 0
  let failed = Promise.withResolvers<void>()
  const definition = (change: object) =>
    subscription(
      'reserve',
      () => {
        tries++
        failed.resolve()
        throw new Error('bad')
      },
      change,
    )
  const first = scene.messaging([definition(slow)], { instance: 'one' })
  await first.start()
  await scene.publish([event('k'), event('k')])
  await failed.promise
  await first.drain()
  expect(await scene.admin.query('select key, attempts from stock.archipel_retries')).toEqual([
    { key: 'k', attempts: 1 },
  ])

  await scene.admin.query('update stock.archipel_retries set next_at = now()')
  failed = Promise.withResolvers<void>()
  const second = scene.messaging([definition({})], { instance: 'two' })
  await second.start()
  await second.idle()
  expect(
    (await second.operations.deadLetters({})).items.map(({ reason, position }) => [reason, position]),
  ).toEqual(
    [
      ['behind', 2],
      ['failed', 1],
    ].toReversed(),
  )
  expect(tries).toBeLessThanOrEqual(4)
})

test('what an event says about a person stands in no log line and in no dead letter', async () => {
  await using scene = await createScene()
  const lines: string[] = []
  const note = (message: string, fields?: object) =>
    void lines.push(message, ...Object.values(fields ?? {}).map((value) => JSON.stringify(value)))
  const quiet = quietTelemetry()
  const log = { ...quiet.log, warn: note, error: note }
  const messaging = scene.messaging(
    [
      subscription(
        'greet',
        ({ data }) => {
          throw new Error(`no mailbox for ${JSON.stringify(data['email'])}`)
        },
        { personal: new Map([['orders.orderPlaced.v1', ['email']]]) },
      ),
    ],
    { telemetry: { ...quiet, log } },
  )
  await messaging.start()
  await scene.publish([event('k', { email: 'ann@example.org' })])
  await messaging.idle()
  await messaging.operations.replay({ service: 'stock', subscription: 'greet' }, { who: 'me', why: 'again' })
  await messaging.idle()
  expect(lines.length).toBeGreaterThan(3)
  expect(lines.join()).not.toContain('ann@')
  expect(await scene.admin.query('select error from stock.archipel_dead_letters')).toEqual([
    { error: expect.stringMatching(/^Error: no mailbox for "\[hidden\]" \(at /) },
  ])
})

test('an event that ends the process again and again is parked in the end', async () => {
  await using scene = await createScene()
  const before = scene.messaging([subscription('reserve')], { instance: 'before' })
  await before.start()
  await before.idle()
  await before.drain()
  await scene.publish([event('k'), event('other')])
  let ends = 0
  for (let idle = false; !idle && ends < 10; ends++) {
    const died = Promise.withResolvers<boolean>()
    const endless = () => new Promise<void>(() => died.resolve(false))
    const host = scene.messaging(
      [subscription('reserve', (handled) => (handled.key === 'k' ? endless() : undefined))],
      { instance: 'crashing' },
    )
    await host.start()
    idle = await Promise.race([died.promise, host.idle().then(() => true)])
    await host.close()
    // Closing hands back; a process that dies leaves its ownership behind.
    await scene.admin.query("update stock.archipel_subscriptions set owner = 'crashing', unclean = $1", [
      ends + 1,
    ])
  }

  const error = 'The process ended each time while the event was handled.'
  expect(await scene.admin.query('select key, attempts, error from stock.archipel_dead_letters')).toEqual([
    { key: 'k', attempts: 3, error },
  ])
  expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['other'])
  expect(ends).toBeLessThanOrEqual(6)
})

test('regression: a key freed while reading had gone back for another one did not settle what lay between', async () => {
  await using scene = await createScene()
  const tries = new Map<number, number>()
  const messaging = scene.messaging([
    subscription(
      'reserve',
      ({ position, data }) => {
        tries.set(position, (tries.get(position) ?? 0) + 1)
        if (data['fails'] === true && (tries.get(position) ?? 0) < 3) throw new Error('not yet')
      },
      { retry: { attempts: 5, firstDelayMs: 0, longestDelayMs: 0 } },
    ),
  ])
  await messaging.start()
  await scene.publish([event('a', { fails: true }), event('a'), event('b', { fails: true }), event('b')])
  await messaging.idle()
  const seen = await scene.seen('stock', 'reserve')
  expect(seen.filter((row) => row.key === 'a').map((row) => row.position)).toEqual([1, 2])
  expect(seen.filter((row) => row.key === 'b').map((row) => row.position)).toEqual([3, 4])
})
