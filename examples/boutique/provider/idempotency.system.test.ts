import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { startProvider } from './index.ts'
import { createMerchant, openProvider } from './test-merchant.ts'

/** Fifty at once through two providers on one database, so that no lock of one process can be what helps. */
async function inParallel<TResult>(
  connectionString: string,
  ask: (merchant: ReturnType<typeof createMerchant>) => Promise<TResult>,
) {
  const providers = await Promise.all([0, 0].map((port) => startProvider({ connectionString, port })))
  const merchants = providers.map(({ url }) => createMerchant(url))
  const asked = merchants.flatMap((merchant) => Array.from({ length: 25 }, () => ask(merchant)))
  const answers = await Promise.all(asked)
  await Promise.all(providers.map((provider) => provider.close()))
  return answers
}

test('a repeat gets the first answer to the byte, marked as replayed', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const key = randomUUID()
  const first = await merchant.authorise('tok_ok', key)
  const second = await merchant.authorise('tok_ok', key)
  expect([first.replayed, second.replayed]).toEqual([false, true])
  expect(second.text).toBe(first.text)
})

test('a key reused with another body or for another operation is refused', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const key = randomUUID()
  const { id } = await merchant.authorise('tok_ok', key)
  expect(await merchant.authorise('tok_ok', key, { amount: 1001 })).toMatchObject({
    status: 422,
    code: 'key_reused',
  })
  expect(await merchant.capture(id, 1000, key)).toMatchObject({ status: 422, code: 'key_reused' })
  expect(await merchant.line()).toMatchObject({ authorised: 1000, captured: 0 })
})

test('fifty authorisations with one key in parallel are one', async () => {
  await using setting = await openProvider()
  const key = randomUUID()
  const answers = await inParallel(setting.connectionString, (merchant) => merchant.authorise('tok_ok', key))
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
  expect(await setting.merchant.line()).toMatchObject({ authorised: 1000 })
})

test('fifty captures in parallel, one key or a key each, capture once', async () => {
  await using setting = await openProvider()
  const { merchant, connectionString } = setting
  const one = await merchant.authorise('tok_ok')
  const key = randomUUID()
  const same = await inParallel(connectionString, (caller) => caller.capture(one.id, 1000, key))
  expect(new Set(same.map(({ text }) => text)).size).toBe(1)
  const other = await merchant.authorise('tok_ok')
  const each = await inParallel(connectionString, (caller) => caller.capture(other.id))
  expect(each.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(each.filter(({ code }) => code === 'already_captured')).toHaveLength(49)
  expect(await merchant.line()).toMatchObject({ captured: 2000, captures: 2 })
})

test('refunds in parallel never exceed the capture', async () => {
  await using setting = await openProvider()
  const { merchant, connectionString } = setting
  const taken = await merchant.capture((await merchant.authorise('tok_ok')).id)
  const answers = await inParallel(connectionString, (caller) => caller.refund(taken.id, 300))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(3)
  expect(answers.filter(({ code }) => code === 'exceeds_capture')).toHaveLength(47)
  expect(await merchant.line()).toMatchObject({ refunded: 900 })
})

test('a flaky key asked in parallel fails exactly twice', async () => {
  await using setting = await openProvider()
  const key = randomUUID()
  const answers = await inParallel(setting.connectionString, (merchant) =>
    merchant.authorise('tok_flaky', key),
  )
  expect(answers.filter(({ status }) => status === 503)).toHaveLength(2)
  expect(answers.filter(({ replayed, status }) => status === 201 && !replayed)).toHaveLength(1)
})

test('without the lock that queues a key, the primary key alone still lets one effect through', async () => {
  await using setting = await openProvider({ log: () => undefined })
  const { merchant, connectionString } = setting
  const client = new Client({ connectionString })
  await client.connect()
  await client.query(`create or replace function provider.lock_keys(variadic p_keys text[]) returns void
    language sql as 'select'`)
  await client.end()
  const keys = Array.from({ length: 10 }, () => randomUUID())
  const asked = keys.flatMap((key) => Array.from({ length: 10 }, () => merchant.authorise('tok_ok', key)))
  const statuses = new Set((await Promise.all(asked)).map(({ status }) => status))
  expect(statuses.has(201)).toBe(true)
  // A loser is told to repeat, and then gets the stored answer.
  expect([...statuses].every((status) => status === 201 || status === 503)).toBe(true)
  expect(await merchant.line()).toMatchObject({ authorised: 10_000 })
})
