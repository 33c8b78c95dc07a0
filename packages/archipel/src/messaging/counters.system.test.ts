import { expect, test } from 'vitest'
import { createScene, event, listeningTelemetry, subscription } from './scene.fixture.ts'

test('one inbox row deleted by hand, one log row doubled: both alarm', async () => {
  await using scene = await createScene()
  const telemetry = listeningTelemetry()
  const messaging = scene.messaging([subscription('reserve')], { telemetry })
  await messaging.start()
  await scene.publish([event('a'), event('b'), event('c')])
  await messaging.idle()
  const drift = async (recount = false) =>
    (await messaging.operations.deliveryCounters({ recount })).map((counters) => counters.drift)
  expect(await drift()).toEqual([0])
  expect(telemetry.errors).toEqual([])

  const [row] = await scene.admin.query(
    'delete from stock.archipel_inbox where position = 2 returning subscription, position',
  )
  expect(await drift()).toEqual([1])
  expect(telemetry.errors).toEqual(['deliveries do not add up'])
  expect(await telemetry.gaugeOf('archipel_delivery_drift')).toEqual([1])
  await scene.admin.query('insert into stock.archipel_inbox values ($1, $2)', [
    row?.['subscription'],
    row?.['position'],
  ])
  expect(await drift()).toEqual([0])

  // The copy has a position of its own, behind all others: it is counted as written and never delivered.
  await scene.admin.query(
    "insert into archipel_bus.log select nextval('archipel_bus.positions'), drawn, publisher, type, key, event from archipel_bus.log where position = 1",
  )
  messaging.kick()
  await messaging.idle()
  expect(await drift()).toEqual([1])
  expect(await scene.seen('stock', 'reserve')).toHaveLength(3)
  expect(telemetry.errors).toHaveLength(2)
  await scene.admin.query('delete from archipel_bus.log where position <> drawn')
  expect(await drift()).toEqual([0])

  // Doubled into a gap that was counted long ago: nobody would look there again but a recount.
  await scene.admin.query("select setval('archipel_bus.positions', 10)")
  await scene.publish([event('d')])
  await messaging.idle()
  await scene.admin.query('update archipel_bus.subscriptions set counted = 4, counted_to = 11')
  await scene.admin.query(
    'insert into archipel_bus.log select 7, drawn, publisher, type, key, event from archipel_bus.log where position = 1',
  )
  expect(await drift()).toEqual([0])
  expect(await drift(true)).toEqual([1])
})

test('counters add up while inbox rows are folded and ranges of the log are counted', async () => {
  await using scene = await createScene()
  const messaging = scene.messaging([subscription('reserve')], {
    settings: { housekeepingMs: 5, inboxRowsKept: 3 },
  })
  await messaging.start()
  await messaging.idle()
  for (let round = 0; round < 20; round++) {
    await scene.publish(Array.from({ length: 30 }, (_, index) => event(`k${index % 5}`)))
    const [counters] = await messaging.operations.deliveryCounters()
    expect(counters?.drift).toBe(0)
  }
  await messaging.idle()
  await expect
    .poll(async () =>
      Number((await scene.admin.query('select count(*) as rows from stock.archipel_inbox'))[0]?.['rows']),
    )
    .toBeLessThanOrEqual(3)
  await expect
    .poll(async () =>
      Number((await scene.admin.query('select counted from archipel_bus.subscriptions'))[0]?.['counted']),
    )
    .toBe(600)
  expect(await messaging.operations.deliveryCounters()).toMatchObject([
    { written: 600, handled: 600, inFlight: 0, drift: 0 },
  ])
})
