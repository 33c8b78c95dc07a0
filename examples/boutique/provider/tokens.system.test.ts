import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { startProvider } from './index.ts'
import { createMerchant, openProvider } from './test-merchant.ts'

test('tok_ok is authorised, captured and refunded', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const held = await merchant.authorise('tok_ok')
  expect(held.status).toBe(201)
  const taken = await merchant.capture(held.id)
  expect(taken.status).toBe(201)
  expect((await merchant.refund(taken.id, 400)).status).toBe(201)
  expect(await merchant.line()).toEqual({
    reference: 'order-1',
    currency: 'GBP',
    authorised: 1000,
    captured: 1000,
    refunded: 400,
    held: 0,
    captures: 1,
    credited: 0,
    credits: 0,
  })
})

test.each([
  ['tok_declined', 'declined'],
  ['tok_insufficient', 'insufficient_funds'],
  ['tok_nobody_knows', 'unknown_token'],
])('%s is refused as %s, and the refusal is the answer of its key', async (token, code) => {
  await using setting = await openProvider()
  const { merchant } = setting
  const key = randomUUID()
  expect(await merchant.authorise(token, key)).toMatchObject({ status: 402, code, replayed: false })
  expect(await merchant.authorise(token, key)).toMatchObject({ status: 402, code, replayed: true })
  expect(await merchant.operation(key)).toMatchObject({
    kind: 'authorisation',
    status: 'refused',
    state: null,
  })
  expect(await merchant.line()).toBeUndefined()
})

test('tok_slow does it at once, answers its first request late and a repeat at once', async () => {
  await using setting = await openProvider({ slowMs: 600 })
  const { merchant } = setting
  const key = randomUUID()
  const began = performance.now()
  const first = merchant
    .authorise('tok_slow', key)
    .then((answer) => ({ ...answer, after: performance.now() - began }))
  await expect.poll(() => merchant.operation(key)).toMatchObject({ status: 'succeeded' })
  expect(await merchant.authorise('tok_slow', key)).toMatchObject({ status: 201, replayed: true })
  expect(performance.now() - began).toBeLessThan(600)
  expect(await first).toMatchObject({ status: 201, replayed: false })
  expect((await first).after).toBeGreaterThan(590)
})

test('tok_lost does it and cuts the connection; a repeat gets the stored answer', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const key = randomUUID()
  await expect(merchant.authorise('tok_lost', key)).rejects.toThrow('fetch failed')
  expect(await merchant.line()).toMatchObject({ held: 1000 })
  expect(await merchant.authorise('tok_lost', key)).toMatchObject({ status: 201, replayed: true })
  expect(await merchant.line()).toMatchObject({ authorised: 1000 })
})

test('tok_flaky fails twice per key, counted across a restart of the provider, and stores no answer meanwhile', async () => {
  await using setting = await openProvider()
  const { merchant, connectionString } = setting
  const key = randomUUID()
  expect(await merchant.authorise('tok_flaky', key)).toMatchObject({ status: 503, code: 'unavailable' })
  expect(await merchant.operation(key)).toBeUndefined()
  await setting.provider.close()
  const again = await startProvider({ connectionString, port: 0 })
  const restarted = createMerchant(again.url)
  expect(await restarted.authorise('tok_flaky', key)).toMatchObject({ status: 503 })
  expect(await restarted.authorise('tok_flaky', key)).toMatchObject({ status: 201, replayed: false })
  expect(await restarted.authorise('tok_flaky', key)).toMatchObject({ status: 201, replayed: true })
  expect(await restarted.authorise('tok_flaky')).toMatchObject({ status: 503 })
  await again.close()
})

test('tok_capture_declined refuses the capture and still holds the money', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const { id } = await merchant.authorise('tok_capture_declined')
  expect(await merchant.capture(id)).toMatchObject({ status: 402, code: 'declined' })
  expect(await merchant.line()).toMatchObject({ held: 1000, captures: 0 })
})

test('tok_capture_slow captures at once and answers late', async () => {
  await using setting = await openProvider({ slowMs: 300 })
  const { merchant } = setting
  const { id } = await merchant.authorise('tok_capture_slow')
  const began = performance.now()
  expect(await merchant.capture(id)).toMatchObject({ status: 201 })
  expect(performance.now() - began).toBeGreaterThan(290)
})

test('tok_capture_lost captures once however often its key comes', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const { id } = await merchant.authorise('tok_capture_lost')
  const key = randomUUID()
  await expect(merchant.capture(id, 1000, key)).rejects.toThrow('fetch failed')
  expect(await merchant.capture(id, 1000, key)).toMatchObject({ status: 201, replayed: true })
  expect(await merchant.line()).toMatchObject({ captured: 1000, captures: 1 })
})

test('tok_capture_flaky fails the capture twice per key', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const { id } = await merchant.authorise('tok_capture_flaky')
  const key = randomUUID()
  const statuses = []
  for (let turn = 0; turn < 4; turn += 1) statuses.push((await merchant.capture(id, 1000, key)).status)
  expect(statuses).toEqual([503, 503, 201, 201])
})
