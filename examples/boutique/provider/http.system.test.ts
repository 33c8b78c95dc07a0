import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { openProvider, type Setting } from './test-merchant.ts'

let setting: Setting
beforeAll(async () => {
  setting = await openProvider()
})
afterAll(() => setting[Symbol.asyncDispose]())

const good = { amount: 1, currency: 'GBP', token: 'tok_ok', reference: 'o' }
const Answer = z.object({ error: z.object({ code: z.string(), message: z.string() }).optional() })
const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' }

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${setting.provider.url}${path}`, init)
  const { error } = Answer.parse(await response.json())
  return { status: response.status, allow: response.headers.get('allow'), ...error }
}

function send(body: string | Uint8Array<ArrayBuffer>, extra: Record<string, string> = {}) {
  return ask('/authorisations', { method: 'POST', headers: { ...headers, ...extra }, body })
}

test.each([
  ['amount', { ...good, amount: 0 }],
  ['amount', { ...good, amount: 1.5 }],
  ['amount', { ...good, amount: '1' }],
  ['amount', { ...good, amount: 1e12 }],
  ['currency', { ...good, currency: 'pounds' }],
  ['reference', { ...good, reference: 'a\u0000b' }],
  ['token', { ...good, token: undefined }],
  ['request', { ...good, more: 1 }],
])('a bad %s is named in the refusal: %j', async (field, body) => {
  const answer = await send(JSON.stringify(body))
  expect(answer).toMatchObject({ status: 400, code: 'invalid_request' })
  expect(answer.message).toContain(`${field}: `)
})

test('__proto__ in a body is refused', async () => {
  expect(await send('{"__proto__":{"amount":1}}')).toMatchObject({ status: 400, code: 'invalid_request' })
  expect(await send(JSON.stringify(good).replace('{', '{"__proto__":{},'))).toMatchObject({ status: 400 })
})

test.each([
  ['broken JSON', '{"amount":'],
  ['no body', ''],
  ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
])('%s is refused', async (_, body) => {
  expect(await send(body)).toMatchObject({ status: 400, code: 'invalid_json' })
})

test('a body beyond 64 KiB is refused with an answer that arrives', async () => {
  expect(await send(' '.repeat(64 * 1024 - 80) + JSON.stringify(good))).not.toMatchObject({ status: 413 })
  expect(await send(' '.repeat(64 * 1024 + 1))).toMatchObject({ status: 413, code: 'body_too_large' })
  expect(await send(' '.repeat(8 * 1024 * 1024))).toMatchObject({ status: 413, code: 'body_too_large' })
})

test('a body that is not declared as JSON is refused', async () => {
  expect(await send(JSON.stringify(good), { 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
  expect(
    await send(JSON.stringify(good), { 'content-type': 'application/json; charset=utf-8' }),
  ).not.toMatchObject({
    status: 415,
  })
})

test('a write without a usable Idempotency-Key is refused', async () => {
  const bare = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(good) }
  expect(await ask('/authorisations', bare)).toMatchObject({ status: 400, code: 'idempotency_key_required' })
  for (const key of ['', 'two words', 'k'.repeat(201)]) {
    expect(await send(JSON.stringify(good), { 'idempotency-key': key })).toMatchObject({
      code: 'invalid_idempotency_key',
    })
  }
})

test('wrong paths and methods are refused', async () => {
  expect(await ask('/nowhere')).toMatchObject({ status: 404, code: 'not_found' })
  expect(await ask('//')).toMatchObject({ status: 404 })
  expect(await ask('/captures')).toMatchObject({ status: 405, allow: 'POST', code: 'method_not_allowed' })
  expect(await ask('/books', { method: 'DELETE' })).toMatchObject({ status: 405, allow: 'GET' })
})

test('what a write names must exist', async () => {
  const { merchant } = setting
  const nobody = '00000000-0000-4000-8000-000000000000'
  expect(await merchant.capture(nobody)).toMatchObject({ status: 404, code: 'unknown_authorisation' })
  expect(await merchant.refund(nobody, 1)).toMatchObject({ status: 404, code: 'unknown_capture' })
  expect(await merchant.capture('not-an-id')).toMatchObject({ status: 400, code: 'invalid_request' })
  const { id } = await merchant.authorise('tok_ok')
  expect(await merchant.capture(id, 1001)).toMatchObject({ status: 409, code: 'exceeds_authorisation' })
})

test('operations are found by key, and books by page', async () => {
  const { merchant } = setting
  await merchant.authorise('tok_ok', 'a/key?&%')
  expect(await merchant.operation('a/key?&%')).toMatchObject({
    kind: 'authorisation',
    status: 'succeeded',
    httpStatus: 201,
    state: 'held',
  })
  expect(await ask('/operations/none')).toMatchObject({ status: 404, code: 'unknown_key' })
  expect(await ask('/operations/%ff')).toMatchObject({ status: 400, code: 'invalid_request' })
  expect(await ask('/books?limit=0')).toMatchObject({ status: 400, code: 'invalid_request' })
  expect(await ask('/livez')).toMatchObject({ status: 200 })
})

test('a connection serves many requests, one after a refused body too', async () => {
  const socket = connect(setting.provider.port, '127.0.0.1').setEncoding('utf8')
  const refused = 'POST /nowhere HTTP/1.1\r\nhost: p\r\ncontent-length: 5\r\n\r\nhello'
  socket.write(`${refused}GET /livez HTTP/1.1\r\nhost: p\r\n\r\n`)
  let received = ''
  socket.on('data', (text) => (received += text))
  await expect.poll(() => received).toContain('{"status":"ok"}')
  expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200'])
  socket.end()
  await once(socket, 'close')
})
