import { expect, test } from 'vitest'
import { createScene, event, listeningTelemetry, subscription } from './scene.fixture.ts'

test('events behind an open writer wait for it, others of the publisher go on being written, and its age raises an alarm', async () => {
  await using scene = await createScene()
  const telemetry = listeningTelemetry()
  const messaging = scene.messaging([subscription('reserve')], { telemetry, settings: { slowWriterMs: 20 } })
  await messaging.start()
  await using late = await scene.database('orders').begin()
  await late.query(messaging.eventLog('orders').append([event('late')]))
  // No writer waits for the open one, nor for the keeper.
  for (const key of ['b', 'c']) await scene.publish([event(key)])
  messaging.kick()
  await expect
    .poll(() => telemetry.errors)
    .toEqual(['a writer holds back the mark of the bus: no event behind it is delivered'])
  expect((await telemetry.gaugeOf('archipel_bus_oldest_writer_seconds'))[0]).toBeGreaterThan(0.02)
  expect(await telemetry.gaugeOf('archipel_bus_unknown_writers')).toEqual([0])
  expect(await scene.seen('stock', 'reserve')).toEqual([])

  await late.commit([])
  await messaging.idle()
  expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['late', 'b', 'c'])
})

test('a writer that sits idle in its transaction is ended, and what is behind it goes on', async () => {
  await using scene = await createScene()
  const [role] = await scene.admin.query(
    "select rolname as name, rolconfig as settings from pg_roles where rolname like '%\\_orders'",
  )
  expect(role?.['settings']).toContain('idle_in_transaction_session_timeout=10s')
  // The tenth of a second instead of ten: the server keeps the time.
  await scene.admin.query(
    `alter role "${String(role?.['name'])}" set idle_in_transaction_session_timeout = '100ms'`,
  )
  const messaging = scene.messaging([subscription('reserve')])
  await messaging.start()
  await using idle = await scene.database('orders').begin()
  await idle.query(messaging.eventLog('orders').append([event('never')]))
  await scene.publish([event('behind')])
  await messaging.idle()
  expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['behind'])
  await expect(idle.commit([])).rejects.toMatchObject({ code: 'ARC_DATABASE_UNAVAILABLE' })
})

test('an operator sees a holder of the lock that belongs to no service', async () => {
  await using scene = await createScene()
  const telemetry = listeningTelemetry()
  await scene.messaging([], { telemetry, settings: { slowWriterMs: 5 } }).start()
  await scene.admin.query('select pg_advisory_lock_shared(3::bigint << 56)')
  await expect.poll(() => telemetry.gaugeOf('archipel_bus_unknown_writers')).toEqual([1])
})
