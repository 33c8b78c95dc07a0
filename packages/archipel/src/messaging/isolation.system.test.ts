import { expect, test } from 'vitest'
import { connectAdmin } from '../storage/index.ts'
import { createScene, event, subscription } from './scene.fixture.ts'

test("the server refuses a service's roles to forge, to read across and to touch the tables of the bus", async () => {
  await using scene = await createScene()
  const messaging = scene.messaging([subscription('reserve')])
  await messaging.start()
  // Whatever the writer says, the log stamps who is logged in.
  await scene.publish([{ ...event('k'), publisher: 'payments', position: 1 } as never], 'mail')
  expect(await scene.admin.query('select publisher from archipel_bus.log')).toEqual([{ publisher: 'mail' }])

  await using mail = await connectAdmin(scene.prepared.service('mail').writer)
  await using reader = await connectAdmin(scene.prepared.service('mail').reader)
  await using stockReader = await connectAdmin(scene.prepared.service('stock').reader)
  await reader.query("select set_config('default_transaction_read_only', 'off', false)")
  const denied = { code: '42501' }
  for (const connection of [mail, reader]) {
    for (const statement of [
      'select * from archipel_bus.log',
      "insert into archipel_bus.log (position, drawn, publisher, type, key, event) values (9, 9, 'orders', 't', 'k', '{}')",
      "insert into archipel_bus.members values (session_user, 'orders')",
      "select nextval('archipel_bus.positions')",
      'select * from archipel_bus.survey(0)',
      "select archipel_bus.join_service('orders', session_user, true)",
      "select * from archipel_bus.take('stock', 'reserve', 0, 100, 10)",
      "select * from archipel_bus.count_written('stock', 'reserve', 0, 100, false)",
      'select * from stock.archipel_inbox',
    ]) {
      await expect(connection.query(statement), statement).rejects.toMatchObject(denied)
    }
  }
  await expect(reader.query("select archipel_bus.append('[]')")).rejects.toMatchObject(denied)
  await expect(mail.query('truncate archipel_subscriptions')).rejects.toMatchObject(denied)
  await expect(mail.query('delete from archipel_discarded')).rejects.toMatchObject(denied)
  // Both roles of the subscribing service may take.
  await scene.publish([event('k')])
  await messaging.idle()
  expect(
    await stockReader.query("select key from archipel_bus.take('stock', 'reserve', 0, 100, 10)"),
  ).toEqual([{ key: 'k' }])
})

test('append and take refuse a snapshot that is older than their locks', async () => {
  await using scene = await createScene()
  const messaging = scene.messaging([subscription('reserve')])
  await messaging.start()
  await using stock = await connectAdmin(scene.prepared.service('stock').writer)
  for (const statement of [
    "select archipel_bus.append('[]')",
    "select * from archipel_bus.take('stock', 'reserve', 0, 9, 9)",
  ]) {
    await stock.query('begin isolation level repeatable read')
    await expect(stock.query(statement)).rejects.toMatchObject({ code: '25000' })
    await stock.query('rollback')
  }
})
