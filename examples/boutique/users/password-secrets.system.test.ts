import { createFaultPoints, eventually } from 'archipel/testing'
import { expect, test } from 'vitest'
import { startShop } from '../testing.ts'

test('nobody gets a secret for an account whose password is just being set', async () => {
  const faults = createFaultPoints()
  await using shop = await startShop({ faults, telemetry: { logLevel: 'silent' } })
  const [trader, support] = [await shop.staff('trade'), await shop.staff('support')]
  const customer = { externalReference: 'c-1', name: 'Ann', email: 'ann@traders.example', country: 'EIRE' }
  const { id } = (await trader.post('/trade/customers', customer)).expect(200)
  const issue = () => support.post(`/users/${id}/password-secrets`, {})
  const { secret } = (await issue()).expect(201)
  // The password is written, and its transaction still open.
  const held = faults.pause('command.before-commit', 'users.setPassword')
  const setting = shop.door.post('/passwords', { secret, password: 'my first password' })
  await held.reached
  const issuing = issue()
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await eventually(async () => (await shop.application.query(waiting)).length === 1)
  held.release()
  ;(await setting).expect(201)
  expect((await issuing).expect(409).code).toBe('PASSWORD_SET')
})
