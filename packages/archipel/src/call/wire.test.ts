import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, contract, query } from '../contract/index.ts'
import { ArchipelError, frameworkError } from '../errors/index.ts'
import { wireForced, type CallRequest, type Transport } from './index.ts'
import { carriedError, decodeError, encodeError } from './wire.ts'

test('a declared error arrives with class, code, kind and details', () => {
  const error = new ArchipelError({
    code: 'SKU_TAKEN',
    kind: 'conflict',
    message: 'taken',
    details: { sku: 'A', n: 1 },
    declaredBy: 'catalogue',
  })
  const arrived = decodeError(JSON.parse(JSON.stringify(encodeError(error, 'c1'))))
  expect(arrived).toBeInstanceOf(ArchipelError)
  expect(arrived).toMatchObject({
    code: 'SKU_TAKEN',
    kind: 'conflict',
    message: 'taken',
    details: { sku: 'A', n: 1 },
    declaredBy: 'catalogue',
    effect: 'none',
  })
})

test.each([
  new Error('password=secret'),
  'password=secret',
  frameworkError('ARC_ROW_INVALID', 'password=secret', { details: { password: 'secret' } }),
])('what nobody declared arrives redacted, with the correlation id', (error) => {
  const text = JSON.stringify(encodeError(error, 'c1'))
  expect(text).not.toContain('secret')
  expect(decodeError(JSON.parse(text))).toMatchObject({
    code: 'ARC_INTERNAL',
    details: { correlationId: 'c1' },
  })
})

test('whether it happened stays known through redaction', () => {
  const error = frameworkError('ARC_STATEMENT_REFUSED', 'cut', { effect: 'unknown' })
  expect(encodeError(error, 'c1')).toMatchObject({ code: 'ARC_INTERNAL', effect: 'unknown' })
})

test('a carried error shares nothing with the one that was thrown', () => {
  const details = { sku: 'A' }
  const error = new ArchipelError({
    code: 'X',
    kind: 'refused',
    message: 'no',
    details,
    declaredBy: 's',
    cause: new Error('inner'),
  })
  const carried = carriedError(error, 'c1')
  details.sku = 'B'
  expect(carried.details).toEqual({ sku: 'A' })
  expect(carried.cause).toBeUndefined()
})

const empty = { access: 'public', input: z.object({}), output: z.object({}) } as const
const shop = contract('shop', {
  version: '1.0.0',
  operations: { look: query(empty), buy: command(empty), signIn: command({ ...empty, secret: true }) },
})

function forced(answer: (request: CallRequest, count: number) => unknown) {
  let count = 0
  const differences: string[] = []
  const inner: Transport = {
    download: () => Promise.reject(new Error('not of this test')),
    call: async (request) => answer(request, ++count),
    async *stream() {},
  }
  const transport = wireForced(inner, {
    contracts: [shop],
    onDifference: ({ operation }) => differences.push(operation),
  })
  const call = (operation: string, idempotencyKey?: string) =>
    transport.call(
      {
        service: 'shop',
        operation,
        input: {},
        metadata: {
          caller: 't',
          principal: undefined,
          idempotencyKey,
          correlationId: 'c',
          traceparent: undefined,
          undoes: undefined,
        },
      },
      { deadlineAt: Infinity, signal: new AbortController().signal },
    )
  return { call, differences, delivered: () => count }
}

test('a forced wire delivers queries and keyed commands three times, everything else once', async () => {
  for (const [operation, key, times] of [
    ['look', undefined, 3],
    ['buy', 'k', 3],
    ['buy', undefined, 1],
    ['signIn', 'k', 1],
  ] as const) {
    const { call, delivered } = forced(() => ({}))
    await call(operation, key)
    expect(delivered()).toBe(times)
  }
})

test('a forced wire tells of a command that is not idempotent', async () => {
  const { call, differences } = forced((_request, n) => ({ n }))
  await call('buy', 'k')
  expect(differences).toEqual(['buy'])
})

test('a forced wire lets only JSON through', async () => {
  const { call } = forced(() => ({ at: new Date(0), gone: undefined }))
  expect(await call('look')).toEqual({ at: '1970-01-01T00:00:00.000Z' })
})

test('when a call was sent is known to its own process alone', async () => {
  const arrived: CallRequest[] = []
  const transport: Transport = {
    download: () => Promise.reject(new Error('not of this test')),
    async call(request) {
      arrived.push(request)
      return {}
    },
    async *stream() {},
  }
  const metadata = {
    caller: 'test',
    principal: undefined,
    idempotencyKey: undefined,
    correlationId: 'c1',
    traceparent: undefined,
    undoes: undefined,
  }
  const bounds = { deadlineAt: Infinity, signal: new AbortController().signal }
  const request = { service: 'a', operation: 'b', input: {}, metadata, sentAt: 5 }
  await wireForced(transport, { contracts: [] }).call(request, bounds)
  expect(arrived).toHaveLength(1)
  expect(arrived[0]).not.toHaveProperty('sentAt')
})
