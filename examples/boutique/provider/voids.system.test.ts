import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { openProvider } from './test-merchant.ts'

test('a void before its authorisation arrived makes it refused later', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const key = randomUUID()
  expect(await merchant.void(key)).toMatchObject({ status: 201, released: 0 })
  expect(await merchant.operation(key)).toMatchObject({ kind: 'authorisation', status: 'refused' })
  expect(await merchant.authorise('tok_ok', key)).toMatchObject({
    status: 409,
    code: 'voided',
    replayed: false,
  })
  expect(await merchant.authorise('tok_ok', key)).toMatchObject({
    status: 409,
    code: 'voided',
    replayed: true,
  })
  expect(await merchant.authorise('tok_ok', key, { amount: 1 })).toMatchObject({ status: 422 })
  expect(await merchant.line()).toBeUndefined()
})

test('a void between the failures of a flaky authorisation ends it', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const key = randomUUID()
  expect(await merchant.authorise('tok_flaky', key)).toMatchObject({ status: 503 })
  expect(await merchant.void(key)).toMatchObject({ status: 201 })
  expect(await merchant.authorise('tok_flaky', key)).toMatchObject({ status: 409, code: 'voided' })
})

test('a void releases what is held, and the authorisation can no more be captured', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const key = randomUUID()
  const held = await merchant.authorise('tok_ok', key)
  expect(await merchant.void(key)).toMatchObject({ status: 201, released: 1000 })
  expect(await merchant.void(key)).toMatchObject({ status: 201, released: 0 })
  expect(await merchant.capture(held.id)).toMatchObject({ status: 409, code: 'voided' })
  expect(await merchant.authorise('tok_ok', key)).toMatchObject({
    status: 201,
    replayed: true,
    text: held.text,
  })
  expect(await merchant.operation(key)).toMatchObject({ status: 'succeeded', state: 'voided' })
  expect(await merchant.line()).toMatchObject({ authorised: 1000, held: 0, captured: 0 })
})

test('a void of a captured authorisation is refused, also after its refund', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const key = randomUUID()
  const taken = await merchant.capture((await merchant.authorise('tok_ok', key)).id)
  expect(await merchant.void(key)).toMatchObject({ status: 409, code: 'already_captured' })
  await merchant.refund(taken.id, 1000)
  expect(await merchant.void(key)).toMatchObject({ status: 409, code: 'already_captured' })
  expect(await merchant.operation(key)).toMatchObject({ state: 'captured' })
})

test('a void of a declined authorisation succeeds, and its answer stays', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const key = randomUUID()
  await merchant.authorise('tok_declined', key)
  expect(await merchant.void(key)).toMatchObject({ status: 201, released: 0 })
  expect(await merchant.authorise('tok_declined', key)).toMatchObject({ status: 402, code: 'declined' })
})

test('a void of another kind of operation, or under its own target, is refused', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const key = randomUUID()
  await merchant.capture((await merchant.authorise('tok_ok')).id, 1000, key)
  expect(await merchant.void(key)).toMatchObject({ status: 409, code: 'not_an_authorisation' })
  expect(await merchant.void('k-1', 'k-1')).toMatchObject({ status: 400, code: 'invalid_request' })
})

test('a void racing its authorisation ends with nothing held, whoever comes first', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const keys = Array.from({ length: 60 }, () => randomUUID())
  const races = keys.map(async (key, index) => {
    const voiding = index % 2 ? merchant.void(key) : undefined
    const [authorised, voided] = await Promise.all([
      merchant.authorise('tok_ok', key),
      voiding ?? merchant.void(key),
    ])
    expect(voided).toMatchObject({ status: 201, released: authorised.status === 201 ? 1000 : 0 })
    return authorised.status
  })
  expect(new Set([...(await Promise.all(races)), 201, 409])).toEqual(new Set([201, 409]))
  expect((await merchant.line())?.held ?? 0).toBe(0)
})

test('a void racing the capture: exactly one of them wins', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const races = Array.from({ length: 40 }, async () => {
    const key = randomUUID()
    const { id } = await merchant.authorise('tok_ok', key)
    const [taken, voided] = await Promise.all([merchant.capture(id), merchant.void(key)])
    expect([taken.code ?? 'done', voided.code ?? 'done'].toSorted()).toEqual(
      taken.status === 201 ? ['already_captured', 'done'] : ['done', 'voided'],
    )
    return taken.status === 201
  })
  const captures = (await Promise.all(races)).filter(Boolean).length
  expect(await merchant.line()).toMatchObject({ held: 0, captures, captured: captures * 1000 })
})

test('voids that name each other’s keys do not deadlock', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const pairs = Array.from({ length: 20 }, () => [randomUUID(), randomUUID()] as const)
  const answers = await Promise.all(pairs.flatMap(([a, b]) => [merchant.void(a, b), merchant.void(b, a)]))
  for (const { status } of answers) expect([201, 409, 422]).toContain(status)
})
