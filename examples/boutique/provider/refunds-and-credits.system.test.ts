import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { startProvider } from './index.ts'
import { createMerchant, openProvider, type Merchant } from './test-merchant.ts'

async function captured(merchant: Merchant, token = 'tok_ok'): Promise<{ held: string; taken: string }> {
  const held = await merchant.authorise(token)
  return { held: held.id, taken: (await merchant.capture(held.id)).id }
}

describe('a refund', () => {
  test('may be one of several, as far as the capture goes', async () => {
    await using setting = await openProvider()
    const { merchant } = setting
    const { taken } = await captured(merchant)
    expect(await merchant.refund(taken, 400)).toMatchObject({ status: 201 })
    expect(await merchant.refund(taken, 601)).toMatchObject({ status: 409, code: 'exceeds_capture' })
    expect(await merchant.refund(taken, 600)).toMatchObject({ status: 201 })
    expect(await merchant.line()).toMatchObject({ captured: 1000, refunded: 1000 })
  })

  test('of many at once is never more than was captured', async () => {
    await using setting = await openProvider()
    const { merchant } = setting
    const { taken } = await captured(merchant)
    const answers = await Promise.all(Array.from({ length: 12 }, () => merchant.refund(taken, 150)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(6)
    expect(await merchant.line()).toMatchObject({ refunded: 900 })
  })

  test('may name the authorisation instead of its capture, but not both and not one that was not captured', async () => {
    await using setting = await openProvider()
    const { merchant } = setting
    const { held: authorisationId, taken: captureId } = await captured(merchant)
    expect(await merchant.post('/refunds', { authorisationId, amount: 300 })).toMatchObject({ status: 201 })
    expect(await merchant.refund(captureId, 701)).toMatchObject({ code: 'exceeds_capture' })
    for (const body of [{ amount: 1 }, { authorisationId, captureId, amount: 1 }])
      expect(await merchant.post('/refunds', body)).toMatchObject({ status: 400, code: 'invalid_request' })
    const { id } = await merchant.authorise('tok_ok')
    expect(await merchant.post('/refunds', { authorisationId: id, amount: 1 })).toMatchObject({
      status: 404,
      code: 'unknown_capture',
    })
  })

  test('tok_refund_declined is captured and then refuses every refund', async () => {
    await using setting = await openProvider()
    const { merchant } = setting
    const { taken } = await captured(merchant, 'tok_refund_declined')
    const key = randomUUID()
    expect(await merchant.refund(taken, 10, key)).toMatchObject({ status: 402, code: 'declined' })
    expect(await merchant.refund(taken, 10, key)).toMatchObject({ status: 402, replayed: true })
    expect(await merchant.line()).toMatchObject({ captured: 1000, refunded: 0 })
  })

  test('tok_refund_lost gives the money back once however often its key comes', async () => {
    await using setting = await openProvider()
    const { merchant } = setting
    const { taken } = await captured(merchant, 'tok_refund_lost')
    const key = randomUUID()
    await expect(merchant.refund(taken, 10, key)).rejects.toThrow('fetch failed')
    expect(await merchant.refund(taken, 10, key)).toMatchObject({ status: 201, replayed: true })
    expect(await merchant.operation(key)).toMatchObject({ kind: 'refund', status: 'succeeded' })
    expect(await merchant.line()).toMatchObject({ refunded: 10 })
  })

  test('tok_refund_flaky fails twice per key, tok_refund_slow answers late', async () => {
    await using setting = await openProvider({ slowMs: 300 })
    const { merchant } = setting
    const flaky = await captured(merchant, 'tok_refund_flaky')
    const key = randomUUID()
    const statuses = []
    for (let turn = 0; turn < 4; turn += 1)
      statuses.push((await merchant.refund(flaky.taken, 10, key)).status)
    expect(statuses).toEqual([503, 503, 201, 201])
    const slow = await captured(merchant, 'tok_refund_slow')
    const began = performance.now()
    expect(await merchant.refund(slow.taken, 10)).toMatchObject({ status: 201 })
    expect(performance.now() - began).toBeGreaterThan(290)
  })
})

describe('a credit', () => {
  test('stands in the books with nothing taken', async () => {
    await using setting = await openProvider()
    const { merchant } = setting
    const key = randomUUID()
    const first = await merchant.credit('tok_ok', key)
    expect(first).toMatchObject({ status: 201, replayed: false })
    expect(await merchant.credit('tok_ok', key)).toEqual({ ...first, replayed: true })
    expect(await merchant.credit('tok_ok', key, { amount: 1 })).toMatchObject({ code: 'key_reused' })
    expect(await merchant.operation(key)).toMatchObject({ kind: 'credit', state: null })
    expect(await merchant.line()).toEqual({
      reference: 'note-1',
      currency: 'GBP',
      authorised: 0,
      captured: 0,
      refunded: 0,
      held: 0,
      captures: 0,
      credited: 1000,
      credits: 1,
    })
  })

  test.each([
    ['tok_declined', 'declined'],
    ['tok_nobody_knows', 'unknown_token'],
  ])('%s is refused as %s', async (token, code) => {
    await using setting = await openProvider()
    const { merchant } = setting
    const key = randomUUID()
    expect(await merchant.credit(token, key)).toMatchObject({ status: 402, code })
    expect(await merchant.credit(token, key)).toMatchObject({ status: 402, code, replayed: true })
    expect(await merchant.line()).toBeUndefined()
  })

  test('of a card without funds is done: money comes', async () => {
    await using setting = await openProvider()
    expect(await setting.merchant.credit('tok_insufficient')).toMatchObject({ status: 201 })
  })

  test('tok_lost and tok_flaky: is given once however often its key comes', async () => {
    await using setting = await openProvider()
    const { merchant } = setting
    const key = randomUUID()
    await expect(merchant.credit('tok_lost', key)).rejects.toThrow('fetch failed')
    expect(await merchant.credit('tok_lost', key)).toMatchObject({ status: 201, replayed: true })
    const flaky = randomUUID()
    const statuses = []
    for (let turn = 0; turn < 4; turn += 1) statuses.push((await merchant.credit('tok_flaky', flaky)).status)
    expect(statuses).toEqual([503, 503, 201, 201])
    expect(await merchant.line()).toMatchObject({ credited: 2000, credits: 2 })
  })
})

test('books of before there were credits are taken over as they are', async () => {
  await using setting = await openProvider()
  const { connectionString, merchant } = setting
  const { taken } = await captured(merchant)
  await setting.provider.close()
  await takeBack(connectionString)
  const again = await startProvider({ connectionString, port: 0 })
  const later = createMerchant(again.url)
  expect(await later.refund(taken, 250)).toMatchObject({ status: 201 })
  expect(await later.credit('tok_ok', undefined, { reference: 'order-1' })).toMatchObject({ status: 201 })
  expect(await captured(later, 'tok_refund_declined')).toBeTruthy()
  expect(await later.line()).toMatchObject({ captured: 2000, refunded: 250, credited: 1000 })
  await again.close()
})

/** Makes the tables and the function those of the provider before it knew refused refunds and credits. */
async function takeBack(connectionString: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  await client.query(`
    drop table provider.prepared;
    drop table provider.credit;
    alter table provider.authorisation drop column refund_behaviour;
    alter table provider.operation drop constraint operation_kind_check,
      add constraint operation_kind_check check (kind in ('authorisation', 'capture', 'void', 'refund'));
    drop function provider.credit(text, jsonb, text, text);
    drop function provider.authorise(text, jsonb, text, text, text, text);
    create function provider.authorise(text, jsonb, text, text, text) returns provider.outcome
      language sql as 'select null::provider.outcome'`)
  await client.end()
}
