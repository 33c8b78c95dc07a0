import { expect, test } from 'vitest'
import { busMigrations, inboxMigrations, type Messaging, type SubscriptionDefinition } from '../index.ts'
import { createScene, event, listeningTelemetry, subscription, type Scene } from '../scene.fixture.ts'
import type { OutboundEvent } from '../types.ts'

const TYPE = 'orders.orderPlaced.v1'
const HOUR_MS = 3_600_000
const published = [{ publisher: 'orders', type: TYPE, retentionMs: 60_000 }]
const settings = { housekeepingMs: 5, inboxRowsKept: 0 }
const by = { who: 'anna', why: 'it was replaced' }

const kept = (key: string, data: OutboundEvent['data'] = {}): OutboundEvent => ({
  ...event(key, data),
  keepSeconds: 60,
})

/** A host whose clock is an hour ahead of the moment at which its events were written. */
async function hostAhead(
  scene: Scene,
  subscriptions: readonly SubscriptionDefinition[],
  telemetry = listeningTelemetry(),
): Promise<Messaging> {
  const { clock } = scene.environment
  const environment = {
    ...scene.environment,
    clock: { now: () => clock.now() + HOUR_MS, monotonic: clock.monotonic },
  }
  const messaging = scene.messaging(subscriptions, { environment, published, settings, telemetry })
  await messaging.start()
  return messaging
}

async function keysLeft(scene: Scene): Promise<unknown[]> {
  return (await scene.admin.query('select key from archipel_bus.events order by position')).map(
    (row) => row['key'],
  )
}

/** Rounds until all went that can go: what is counted moves with the rounds of the subscribers. */
async function keepUntil(
  messaging: Messaging,
  left: () => Promise<unknown>,
  expected: unknown,
): Promise<void> {
  await expect
    .poll(async () => {
      await messaging.keepHouse()
      return left()
    })
    .toEqual(expected)
}

async function expectBalance(messaging: Messaging, written: number): Promise<void> {
  for (const recount of [false, true]) {
    expect(await messaging.operations.deliveryCounters({ recount })).toMatchObject([{ written, drift: 0 }])
  }
}

test('what is older than its time and was passed by everybody goes; the rest of the log stays, and the books balance', async () => {
  await using scene = await createScene()
  const messaging = await hostAhead(scene, [subscription('reserve')])
  await scene.publish([kept('a'), event('for ever'), kept('b')])
  await messaging.idle()
  await keepUntil(messaging, () => keysLeft(scene), ['for ever'])
  await scene.publish([kept('c')])
  await messaging.idle()
  expect((await scene.seen('stock', 'reserve')).map(({ key }) => key)).toEqual(['a', 'for ever', 'b', 'c'])
  await expectBalance(messaging, 4)
})

test('events of one transaction come in the order of their publishing, however long each is kept', async () => {
  await using scene = await createScene()
  const messaging = await hostAhead(scene, [subscription('reserve')])
  const keys = Array.from({ length: 250 }, (_, index) => `k${index}`)
  await scene.publish(keys.map((key, index) => (index % 3 === 0 ? event(key) : kept(key))))
  await messaging.idle()
  expect((await scene.seen('stock', 'reserve')).map(({ key }) => key)).toEqual(keys)
})

test('what is young stays, and so does what one subscription has not passed', async () => {
  await using scene = await createScene()
  const blocked = subscription(
    'blocked',
    ({ key }) => {
      if (key === 'c') throw new Error('not yet')
    },
    { service: 'mail', retry: { attempts: 9, firstDelayMs: HOUR_MS, longestDelayMs: HOUR_MS } },
  )
  const now = scene.messaging([], { published })
  await now.start()
  const messaging = await hostAhead(scene, [subscription('reserve'), blocked])
  await scene.publish(['a', 'b', 'c', 'd'].map((key) => kept(key)))
  await expect.poll(async () => (await scene.seen('mail', 'blocked')).length).toBe(3)
  expect(await now.keepHouse()).toBe(0)
  await keepUntil(messaging, () => keysLeft(scene), ['c', 'd'])
  // Nothing more, however often it is tried.
  await messaging.keepHouse()
  expect(await keysLeft(scene)).toEqual(['c', 'd'])
})

test('a whole range goes at once; one that a writer still holds is left for the next time, and no writer waits', async () => {
  await using scene = await createScene()
  const messaging = await hostAhead(scene, [subscription('reserve')])
  await scene.publish([kept('a'), kept('b')])
  await scene.admin.query("select setval('archipel_bus.positions', 1000000)")
  await scene.publish([kept('c')])
  await messaging.idle()
  const range = async () =>
    (await scene.admin.query("select to_regclass('archipel_bus.kept_60_0')::text as range"))[0]?.['range']

  await using paused = await scene.database('orders').begin()
  await paused.query(messaging.eventLog('orders').append([kept('paused')]))
  await expect
    .poll(async () =>
      Number(
        (await scene.admin.query('select min(counted_to) as to from archipel_bus.subscriptions'))[0]?.['to'],
      ),
    )
    .toBeGreaterThanOrEqual(1_000_000)
  const round = messaging.keepHouse()
  await scene.publish([kept('d')])
  await round
  expect(await range()).toBe('archipel_bus.kept_60_0')
  await paused.commit([])
  await messaging.idle()
  await keepUntil(messaging, range, null)
  await keepUntil(messaging, () => keysLeft(scene), [])
  expect((await scene.seen('stock', 'reserve')).map(({ key }) => key)).toEqual(['a', 'b', 'c', 'paused', 'd'])
  await expectBalance(messaging, 5)
})

/** Kills the server's process that waits in a batch. */
async function endHousekeeping(scene: Scene): Promise<unknown> {
  await scene.admin.query('select pg_stat_clear_snapshot()')
  return scene.admin.query(
    `select pg_terminate_backend(pid) as ended from pg_stat_activity
     where query like '%remove_events%' and wait_event_type = 'Lock'`,
  )
}

test('a round that is killed in the middle of a batch leaves everything as it was', async () => {
  await using scene = await createScene()
  const messaging = await hostAhead(scene, [subscription('reserve')])
  await scene.publish(['a', 'b', 'c'].map((key) => kept(key)))
  await messaging.idle()
  await expect
    .poll(
      async () => (await scene.admin.query('select counted from archipel_bus.subscriptions'))[0]?.['counted'],
    )
    .toBe(3)
  await messaging.drain()
  // The batch has deleted its rows and waits here to note it.
  await scene.admin.query('begin')
  await scene.admin.query('select from archipel_bus.subscriptions for update')
  const round = messaging.keepHouse().catch((failure: unknown) => failure)
  await expect.poll(async () => endHousekeeping(scene)).toEqual([{ ended: true }])
  expect(await round).toBeInstanceOf(Error)
  await scene.admin.query('commit')
  expect(await keysLeft(scene)).toEqual(['a', 'b', 'c'])

  const next = await hostAhead(scene, [subscription('reserve')])
  await next.idle()
  await keepUntil(next, () => keysLeft(scene), [])
  await expectBalance(next, 3)
})

test('under load the tables stay small, every event is handled once, and the counters are exact all the time', async () => {
  await using scene = await createScene()
  const messaging = await hostAhead(scene, [subscription('reserve')])
  const size = async (table: string) =>
    Number((await scene.admin.query(`select count(*) as rows from ${table}`))[0]?.['rows'])
  let most = 0
  let publishing = true
  const keeping = (async () => {
    while (publishing) await messaging.keepHouse()
  })()
  for (let round = 0; round < 20; round++) {
    const batches = Array.from({ length: 6 }, (_, batch) =>
      scene.publish(Array.from({ length: 50 }, (_, index) => kept(`k${(batch + index) % 7}`))),
    )
    await Promise.all(batches)
    most = Math.max(most, (await size('archipel_bus.events')) + (await size('stock.archipel_inbox')))
    expect(await messaging.operations.deliveryCounters()).toMatchObject([{ drift: 0 }])
    await messaging.idle()
  }
  publishing = false
  await keeping
  await messaging.idle()
  await keepUntil(
    messaging,
    async () => (await size('archipel_bus.events')) + (await size('stock.archipel_inbox')),
    0,
  )
  expect(most).toBeLessThan(3_000)
  expect(await scene.seen('stock', 'reserve')).toHaveLength(6_000)
  await expectBalance(messaging, 6_000)
})

test("a subscription 'from the start' says how many events were gone before it", async () => {
  await using scene = await createScene()
  const messaging = await hostAhead(scene, [subscription('reserve')])
  await scene.publish(['a', 'b', 'c'].map((key) => kept(key)))
  await messaging.idle()
  await keepUntil(messaging, () => keysLeft(scene), [])
  await scene.publish([kept('d')])
  const telemetry = listeningTelemetry()
  const later = scene.messaging([subscription('late')], { published, telemetry })
  await later.start()
  await later.idle()
  expect((await scene.seen('stock', 'late')).map(({ key }) => key)).toEqual(['d'])
  expect(await later.operations.subscriptions()).toMatchObject([
    { subscription: 'late', missed: 3, handled: true },
    { subscription: 'reserve', missed: 0, handled: false },
  ])
})

test('a subscription that nobody handles is reported, holds events back, and is dropped by an operator', async () => {
  await using scene = await createScene()
  const before = await hostAhead(scene, [subscription('old'), subscription('reserve')])
  await before.idle()
  await before.drain()
  const telemetry = listeningTelemetry()
  const messaging = await hostAhead(scene, [subscription('reserve')], telemetry)
  await scene.publish([kept('a')])
  await messaging.idle()
  await expect
    .poll(async () => {
      await messaging.keepHouse()
      return telemetry.gaugeOf('archipel_unknown_subscriptions')
    })
    .toEqual([1])
  expect(await keysLeft(scene)).toEqual(['a'])

  const drop = (name: string) =>
    messaging.operations.dropSubscription({ service: 'stock', subscription: name }, by)
  await expect(drop('reserve')).rejects.toMatchObject({ code: 'ARC_ACTION_REFUSED' })
  await expect(drop('nobody')).rejects.toMatchObject({ code: 'ARC_NOT_FOUND' })
  await drop('old')
  await expect(drop('old')).rejects.toMatchObject({ code: 'ARC_NOT_FOUND' })
  expect(await messaging.operations.subscriptions()).toMatchObject([{ subscription: 'reserve' }])
  expect(
    await scene.admin.query('select action, subscription, who, why from stock.archipel_operator_actions'),
  ).toEqual([{ action: 'drop', subscription: 'old', ...by }])
  await keepUntil(messaging, () => keysLeft(scene), [])
  expect(await telemetry.gaugeOf('archipel_unknown_subscriptions')).toEqual([])
})

test('a subscription with dead letters is not dropped, nor one that another host still handles', async () => {
  await using scene = await createScene()
  const failing = subscription(
    'old',
    () => {
      throw new Error('no')
    },
    { retry: { attempts: 1, firstDelayMs: 1, longestDelayMs: 1 } },
  )
  const before = await hostAhead(scene, [failing])
  await scene.publish([kept('a')])
  await before.idle()
  const messaging = await hostAhead(scene, [])
  const drop = messaging.operations.dropSubscription
  await expect(drop({ service: 'stock', subscription: 'old' }, by)).rejects.toThrow(/Another host/)
  await before.drain()
  await expect(drop({ service: 'stock', subscription: 'old' }, by)).rejects.toThrow(/dead letters/)
  await messaging.operations.discard({ service: 'stock', subscription: 'old' }, by)
  await drop({ service: 'stock', subscription: 'old' }, by)
})

test('a log from before retention is taken over as it is, and goes on', async () => {
  await using scene = await createScene({
    shared: busMigrations.shared.slice(0, 1),
    service: inboxMigrations.slice(0, 1),
  })
  await scene.admin.query(
    `insert into archipel_bus.log (position, drawn, publisher, type, key, event)
     select n, n, 'orders', $1, 'k' || n, jsonb_build_object('id', n::text, 'data', '{}'::jsonb, 'time', '', 'correlationId', 'c')
     from generate_series(1, 1000) n`,
    [TYPE],
  )
  await scene.admin.query("select setval('archipel_bus.positions', 1000)")
  await scene.migrate()
  const messaging = await hostAhead(scene, [subscription('reserve')])
  await scene.publish([kept('new')])
  await messaging.idle()
  const seen = (await scene.seen('stock', 'reserve')).map(({ position }) => position)
  expect(seen).toEqual(Array.from({ length: 1001 }, (_, index) => index + 1))
  await keepUntil(messaging, async () => (await keysLeft(scene)).length, 1000)
  await expectBalance(messaging, 1001)
})
