import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemEnvironment } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'
import { createTelemetry } from '../telemetry/index.ts'
import { alice, orderLost, startGateway } from './gateway.fixture.ts'

let at: Awaited<ReturnType<typeof startGateway>>
beforeEach(async () => void (at = await startGateway()))
afterEach(() => at.door.close())

const TOKEN = { authorization: 'Bearer alice' }
const JSON_HEADERS = { 'content-type': 'application/json' }
const ORDER = { lines: [{ sku: 'A', quantity: 1 }] }

function get(path: string, headers: Record<string, string> = {}) {
  return fetch(`${at.base}${path}`, { headers })
}
function send(method: string, path: string, body: unknown, headers: Record<string, string> = {}) {
  const text =
    typeof body === 'string' ? body : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body)
  return fetch(`${at.base}${path}`, { method, headers: { ...JSON_HEADERS, ...headers }, body: text })
}
async function problem(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const body = z
    .looseObject({
      code: z.string(),
      effect: z.string(),
      details: z.looseObject({ issues: z.array(z.object({ path: z.string() })).optional() }).optional(),
    })
    .parse(await response.json())
  return { status: response.status, body }
}

describe('a request', () => {
  test('a GET becomes a call with coerced parameters, without a key', async () => {
    const response = await get('/products?search=x+y&limit=3&tags=a&tags=b')
    expect(response.status).toBe(200)
    expect(at.fake.requests).toMatchObject([
      {
        service: 'shop',
        operation: 'search',
        input: { search: 'x y', limit: 3, tags: ['a', 'b'] },
        metadata: { caller: 'gateway', principal: undefined, idempotencyKey: undefined },
      },
    ])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
      'x-correlation-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('a command gets principal, key, location and status; nobody may store its answer', async () => {
    const response = await send('POST', '/orders', ORDER, { ...TOKEN, 'idempotency-key': 'k-1' })
    expect(response.status).toBe(202)
    expect(response.headers.get('location')).toBe('/api/v1/orders/o-1')
    expect(response.headers.get('idempotency-key')).toBe('k-1')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(at.fake.requests).toMatchObject([
      { operation: 'placeOrder', input: ORDER, metadata: { principal: alice, idempotencyKey: 'k-1' } },
    ])
  })

  test('a command without a key is given one of 128 random bits', async () => {
    const response = await send('POST', '/orders', ORDER, TOKEN)
    const key = response.headers.get('idempotency-key')
    expect(key).toMatch(/^[0-9a-f]{32}$/)
    expect(at.fake.requests[0]?.metadata.idempotencyKey).toBe(key)
  })

  test('a refusal is an answer of its key: it says which', async () => {
    at.fake.call = async () => Promise.reject(orderLost('o-9'))
    const refused = await send('POST', '/orders', ORDER, { ...TOKEN, 'idempotency-key': 'k-2' })
    expect([refused.status, refused.headers.get('idempotency-key')]).toEqual([404, 'k-2'])
    const invalid = await send('POST', '/orders', '{', TOKEN)
    expect([invalid.status, invalid.headers.get('idempotency-key')]).toEqual([
      400,
      expect.stringMatching(/^[0-9a-f]{32}$/),
    ])
  })

  test('path parameters join the body, decoded once', async () => {
    expect((await send('PUT', '/orders/a%20b%3f%C3%A9/note', { note: 'x' }, TOKEN)).status).toBe(200)
    expect(at.fake.requests[0]?.input).toEqual({ id: 'a b?é', note: 'x' })
  })

  test('a field that nobody knows hides nothing else that is wrong', async () => {
    const { body } = await problem(
      await send('PUT', '/orders/o-1/note', { nota: 'x', note: 5 }, { ...TOKEN }),
    )
    expect(body.details?.issues?.map(({ path }) => path)).toEqual(['nota', 'note'])
    const asked = await problem(await get('/products?limt=3&limit=many'))
    expect(asked.body.details?.issues?.map(({ path }) => path)).toEqual(['limt', 'limit'])
  })

  test('HEAD is GET without its body', async () => {
    const response = await fetch(`${at.base}/products`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  test('trace and correlation id are handed on; malformed ones are replaced (C9)', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const good = await get('/products', { traceparent, 'x-correlation-id': 'order-7' })
    expect(good.headers.get('x-correlation-id')).toBe('order-7')
    expect(at.fake.requests[0]?.metadata).toMatchObject({ traceparent, correlationId: 'order-7' })
    await get('/products', { traceparent: 'nonsense', 'x-correlation-id': 'x'.repeat(65) })
    expect(at.fake.requests[1]?.metadata.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(at.fake.requests[1]?.metadata.correlationId).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('identity, deadline nonsense and method overrides from outside change nothing (B14, C5, C6, C10)', async () => {
    await get('/products', {
      'x-archipel-principal': 'admin',
      'x-user-id': 'admin',
      'x-http-method-override': 'DELETE',
      'x-original-url': '/admin',
      'archipel-deadline': '1e309',
    })
    expect(at.fake.requests[0]).toMatchObject({
      operation: 'search',
      metadata: { principal: undefined, caller: 'gateway' },
    })
  })
})

describe('access', () => {
  test('without a token 401 with a challenge, and nothing is called; the body is not even read', async () => {
    const response = await send('POST', '/orders', 'not json')
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await problem(response)).toMatchObject({
      status: 401,
      body: { code: 'ARC_UNAUTHENTICATED', kind: 'unauthenticated', effect: 'none' },
    })
    expect(at.fake.requests).toHaveLength(0)
  })

  test('a token that is not valid is refused on public operations too', async () => {
    const refused = await get('/products', { authorization: 'Bearer mallory' })
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ])
  })

  test('internal operations have no route', async () => {
    const paths = ['/purge', '/shop/purge', '/internal/purge']
    for (const path of paths) expect((await send('POST', path, {}, TOKEN)).status).toBe(404)
  })
})

describe('input', () => {
  test.each<[string, string | Uint8Array, number, string, string?]>([
    ['broken JSON', '{"email":', 400, 'ARC_BODY_MALFORMED'],
    ['a duplicate name (E2)', '{"email":"a","email":"b"}', 400, 'ARC_BODY_MALFORMED', 'email'],
    ['__proto__ (E1)', '{"email":"a","__proto__":{"admin":true}}', 400, 'ARC_BODY_MALFORMED', '__proto__'],
    [
      '__proto__ deep inside',
      '{"email":"a","profile":{"\\u005f_proto__":"x"}}',
      400,
      'ARC_BODY_MALFORMED',
      'profile.__proto__',
    ],
    [
      'constructor.prototype',
      '{"email":"a","constructor":{"prototype":{}}}',
      400,
      'ARC_BODY_MALFORMED',
      'constructor',
    ],
    ['depth 100,000 (E4)', '['.repeat(100_000), 400, 'ARC_BODY_MALFORMED'],
    ['1e999', '{"email":1e999}', 400, 'ARC_BODY_MALFORMED', 'email'],
    ['half a surrogate pair', '{"email":"\\ud800"}', 400, 'ARC_BODY_MALFORMED', 'email'],
    ['a byte order mark', '\ufeff{}', 400, 'ARC_BODY_MALFORMED'],
    ['UTF-16', Buffer.from('{"email":"a"}', 'utf16le'), 400, 'ARC_BODY_MALFORMED'],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400, 'ARC_BODY_MALFORMED'],
    ['an unknown field', '{"email":"a","admin":true}', 400, 'ARC_INPUT_INVALID', 'admin'],
    ['an array', '[]', 400, 'ARC_INPUT_INVALID', ''],
    ['null', 'null', 400, 'ARC_INPUT_INVALID', ''],
    ['1.1 MiB', `{"email":"${'x'.repeat(1_150_000)}"}`, 413, 'ARC_BODY_TOO_LARGE'],
  ])('refuses %s', async (_case, body, status, code, path) => {
    const got = await problem(await send('POST', '/users', body))
    expect(got).toMatchObject({
      status,
      body: { status, code, type: `urn:archipel:error:${code}`, effect: 'none' },
    })
    expect([undefined, got.body.details?.issues?.[0]?.path]).toContain(path)
    expect(at.fake.requests).toHaveLength(0)
  })

  test.each([
    'text/plain',
    'application/json;',
    'application/json\t;',
    'APPLICATION/JSON ; x',
    'application/jsonx',
    'application/json, application/json',
    'application/json; charset=utf-16',
    '',
  ])('E3: refuses the content type %j', async (type) => {
    const response = await send('POST', '/users', '{"email":"a"}', { 'content-type': type })
    expect(await problem(response)).toMatchObject({ status: 415, body: { code: 'ARC_CONTENT_TYPE' } })
  })

  test('reads JSON whose charset is UTF-8', async () => {
    expect(
      (await send('POST', '/users', '{"email":"a"}', { 'content-type': 'application/json; charset=utf-8' }))
        .status,
    ).toBe(201)
  })

  test.each<[string, string, string]>([
    ['GET', '/products?colour=red', 'colour'],
    ['GET', '/products?__proto__[x]=1', '["__proto__[x]"]'],
    ['GET', '/products?__proto__=1', '__proto__'],
    ['POST', '/users?email=b', 'email'],
  ])('%s %s names the parameter that it refuses', async (method, path, named) => {
    const response = method === 'GET' ? await get(path) : await send(method, path, { email: 'a' })
    const { status, body } = await problem(response)
    expect([status, body.code, body.details?.issues?.[0]?.path]).toEqual([400, 'ARC_INPUT_INVALID', named])
  })

  test('a parameter of the path can not come again from elsewhere', async () => {
    expect((await send('PUT', '/orders/a/note', { note: 'x', id: 'b' }, TOKEN)).status).toBe(400)
    expect((await get('/orders/a?id=b', TOKEN)).status).toBe(400)
    expect(at.fake.requests).toHaveLength(0)
  })

  test.each(['', ' ', 'a b', 'x'.repeat(201)])('refuses the idempotency key %j', async (key) => {
    const response = await send('POST', '/users', { email: 'a' }, { 'idempotency-key': key })
    expect(await problem(response)).toMatchObject({ status: 400, body: { code: 'ARC_KEY_INVALID' } })
  })
})

describe('answers', () => {
  test('404 for an unknown path, 405 with Allow for a known one', async () => {
    expect(await problem(await get('/nowhere'))).toMatchObject({
      status: 404,
      body: { code: 'ARC_NO_ROUTE' },
    })
    const response = await send('DELETE', '/orders', {})
    expect(response.headers.get('allow')).toBe('POST')
    expect(await problem(response)).toMatchObject({ status: 405, body: { code: 'ARC_METHOD_NOT_ALLOWED' } })
    expect((await fetch(`${at.base}/products`, { method: 'OPTIONS' })).headers.get('allow')).toBe('GET, HEAD')
    expect((await fetch(`http://127.0.0.1:${at.port}/livez`, { method: 'POST' })).headers.get('allow')).toBe(
      'GET, HEAD',
    )
  })

  test('a declared error arrives with code and details', async () => {
    at.fake.call = async () => Promise.reject(orderLost('o-9'))
    const response = await get('/orders/o-9', { ...TOKEN, 'x-correlation-id': 'c-1' })
    expect(await problem(response)).toEqual({
      status: 404,
      body: {
        type: 'urn:archipel:error:ORDER_LOST',
        title: 'There is no such thing',
        status: 404,
        detail: 'the order is lost',
        instance: 'urn:archipel:request:c-1',
        code: 'ORDER_LOST',
        kind: 'not-found',
        effect: 'none',
        correlationId: 'c-1',
        details: { id: 'o-9' },
      },
    })
  })

  test.each<[string, unknown]>([
    ['an Error', new Error('CANARY at /srv/app/x.ts')],
    ['a text (E12)', 'CANARY'],
    ['undefined', undefined],
    ['an internal error', frameworkError('ARC_ROW_INVALID', 'CANARY', { details: { column: 'CANARY' } })],
  ])('whatever else is thrown is redacted: %s', async (_case, thrown) => {
    at.fake.call = async () => Promise.reject(thrown)
    const response = await get('/products')
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(text).not.toMatch(/CANARY|stack|\.ts/)
    expect(JSON.parse(text)).toMatchObject({ code: 'ARC_INTERNAL', kind: 'internal' })
  })

  test('the log of a failure names request, route and trace, and keeps secrets to itself (C8, P41)', async () => {
    const lines: string[] = []
    const environment = systemEnvironment()
    const logDestination = { write: (line: string) => void lines.push(line) }
    const telemetry = await createTelemetry({ environment, service: 'shop', logDestination })
    await using logged = await startGateway({}, { telemetry })
    logged.fake.call = async () => Promise.reject(new Error('postgres://shop:CANARY@db failed\nforged'))
    const headers = { ...TOKEN, cookie: 'session=CANARY', 'x-correlation-id': 'c-9' }
    await fetch(`${logged.base}/orders/o-1`, { headers })
    expect(lines.join('')).not.toMatch(/CANARY|alice/)
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        level: 'error',
        correlationId: 'c-9',
        route: 'GET /api/v1/orders/{id}',
        traceparent: expect.stringMatching(/^00-/),
        status: 500,
      }),
    ])
    expect(await telemetry.exposition()).toContain(
      'http_server_request_duration_seconds_count{method="GET",route="/api/v1/orders/{id}",status="500"} 1\n',
    )
  })

  test('what a service has logged and redacted is not logged again', async () => {
    const lines: string[] = []
    const telemetry = await createTelemetry({
      environment: systemEnvironment(),
      service: 'shop',
      logDestination: { write: (line) => void lines.push(line) },
    })
    await using logged = await startGateway({}, { telemetry })
    logged.fake.call = async ({ metadata: { correlationId } }) =>
      Promise.reject(frameworkError('ARC_INTERNAL', 'redacted', { details: { correlationId } }))
    expect((await fetch(`${logged.base}/products`)).status).toBe(500)
    expect(lines).toEqual([])
  })

  test('an unavailable database tells nothing of itself, and when to come again', async () => {
    at.fake.call = async () =>
      Promise.reject(
        frameworkError('ARC_DATABASE_UNAVAILABLE', 'connect CANARY:5432', {
          effect: 'unknown',
          retryAfterMs: 1_200,
        }),
      )
    const response = await send('POST', '/orders', ORDER, TOKEN)
    expect(response.headers.get('retry-after')).toBe('2')
    const { status, body } = await problem(response)
    expect([status, body.code, body.effect]).toEqual([503, 'ARC_DATABASE_UNAVAILABLE', 'unknown'])
    expect(JSON.stringify(body)).not.toContain('CANARY')
  })

  test('a deadline answers, whatever the call does, and aborts it; the connection lives on', async () => {
    let reason: unknown
    at.fake.call = (_request, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
          setTimeout(() => reject(new Error('late')), 30)
        })
      })
    const response = await get('/products', { 'archipel-deadline': '40' })
    expect(await problem(response)).toMatchObject({
      status: 504,
      body: { code: 'ARC_DEADLINE', effect: 'none' },
    })
    expect(reason).toMatchObject({ code: 'ARC_DEADLINE' })
    await sleep(50)
    at.fake.call = async () => ({})
    expect((await get('/products')).status).toBe(200)
  })

  test('a client that goes away aborts its call', async () => {
    const aborted = Promise.withResolvers<unknown>()
    at.fake.call = (_request, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          aborted.resolve(signal.reason)
          reject(new Error('given up'))
        }),
      )
    const controller = new AbortController()
    const response = fetch(`${at.base}/products`, { signal: controller.signal }).catch(() => 'gone')
    await sleep(30)
    controller.abort()
    expect(await response).toBe('gone')
    expect(await aborted.promise).toMatchObject({ code: 'ARC_CANCELLED' })
  })

  test('a path in an output can not break the Location header (C7)', async () => {
    at.fake.call = async () => ({ id: 'a\r\nX-Admin: 1/../b' })
    const response = await send('POST', '/orders', ORDER, TOKEN)
    expect(response.headers.get('location')).toBe('/api/v1/orders/a%0D%0AX-Admin%3A%201%2F..%2Fb')
    expect(response.headers.get('x-admin')).toBeNull()
  })

  test('the fixed paths', async () => {
    const root = `http://127.0.0.1:${at.port}`
    expect(await (await fetch(`${root}/livez`)).json()).toEqual({ status: 'alive' })
    expect((await fetch(`${root}/readyz`)).status).toBe(200)
    expect(await (await fetch(`${root}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' })
    expect(await (await fetch(`${root}/asyncapi.json`)).json()).toMatchObject({ asyncapi: '3.0.0' })
    expect((await fetch(`${root}/metrics`)).status).toBe(404)
  })
})
