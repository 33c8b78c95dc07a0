import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { raw, startGateway } from './gateway.fixture.ts'

let door: Awaited<ReturnType<typeof startGateway>>
beforeAll(async () => void (door = await startGateway()))
afterAll(() => door.door.close())

const HOST = 'Host: shop.test'
const JSON_TYPE = 'Content-Type: application/json'
const BODY = '{"email":"a"}'
const crlf = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`
const get = (target: string, ...headers: string[]) => crlf(`GET ${target} HTTP/1.1`, HOST, ...headers)
const post = (...headers: string[]) => crlf('POST /api/v1/users HTTP/1.1', HOST, JSON_TYPE, ...headers)
const chunked = (body: string) => post('Transfer-Encoding: chunked') + body

test('the controls: the same door accepts the honest forms', async () => {
  for (const honest of [
    get('/api/v1/products'),
    post(`Content-Length: ${BODY.length}`) + BODY,
    chunked(`${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`),
  ]) {
    const before = door.fake.requests.length
    const { statuses } = await raw(door.port, honest)
    expect([honest, statuses]).toEqual([honest, [honest.startsWith('GET') ? 200 : 201]])
    expect(door.fake.requests.length).toBe(before + 1)
  }
})

const length = BODY.length
const A: readonly [string, string, number][] = [
  ['A1 length, then coding', post(`Content-Length: ${length}`, 'Transfer-Encoding: chunked') + BODY, 400],
  ['A1 coding, then length', post('Transfer-Encoding: chunked', `Content-Length: ${length}`) + BODY, 400],
  ['A2 two lengths', post('Content-Length: 3', 'Content-Length: 4') + BODY, 400],
  ['A2 two equal lengths', post(`Content-Length: ${length}`, `Content-Length: ${length}`) + BODY, 400],
  ['A2 a list', post('Content-Length: 3, 3') + BODY, 400],
  ...['+3', '-1', '-0', '0x3', '1_0', '1 0', '', '9223372036854775808', '003', '010'].map(
    (value): [string, string, number] => [`A3 length ${value}`, post(`Content-Length: ${value}`) + BODY, 400],
  ),
  ...['chunked, identity', 'chunked,', 'chunked, chunked', '\x0bchunked', 'chunked\0'].map(
    (value): [string, string, number] => [
      `A5/A7 coding ${JSON.stringify(value)}`,
      post(`Transfer-Encoding: ${value}`) + '0\r\n\r\n',
      400,
    ],
  ),
  ...['xchunked', 'identity', ',chunked', '"chunked"'].map((value): [string, string, number] => [
    `A5/A7 coding ${value}`,
    post(`Transfer-Encoding: ${value}`) + '0\r\n\r\n',
    501,
  ]),
  ['A6 gzip, chunked', post('Transfer-Encoding: gzip, chunked') + '0\r\n\r\n', 501],
  ['A8 two codings', post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + '0\r\n\r\n', 400],
  ['A8 a space before the colon', post('Transfer-Encoding : chunked') + '0\r\n\r\n', 400],
  ['A9 a folded coding', post('Transfer-Encoding:\r\n chunked') + '0\r\n\r\n', 400],
  ['A9 a folded header', get('/api/v1/products', 'X-A: b\r\n c'), 400],
  [
    'A10 a coding in HTTP/1.0',
    `${crlf('POST /api/v1/users HTTP/1.0', HOST, JSON_TYPE, 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
  ],
  ...['0x1', '+1', '-1', ' 1', '1_0', 'fffffffffffffffff', 'g'].map((size): [string, string, number] => [
    `A12 chunk of ${size}`,
    chunked(`${size}\r\nx\r\n0\r\n\r\n`),
    400,
  ]),
  ['A13 a chunk line ended by LF', chunked('1\nx\r\n0\r\n\r\n'), 400],
  ['A13 CR in an extension', chunked('1;a\rb\r\nx\r\n0\r\n\r\n'), 400],
  ['A14 more data than its size', chunked('1\r\nxyz\r\n0\r\n\r\n'), 400],
  ['A15 a long extension', chunked(`1;${'a'.repeat(20_000)}\r\nx\r\n0\r\n\r\n`), 413],
  ['A18 bare CR in a value', get('/api/v1/products', 'X: a\rTransfer-Encoding: chunked'), 400],
  ['A18 bare LF in the request line', 'GET /api/v1/products HTTP/1.1\nHost: a\n\n', 400],
  ['A20 an unknown expectation', post('Expect: x', `Content-Length: ${length}`), 417],
]
const B: readonly [string, string, number][] = [
  ['B1 no host', crlf('GET /api/v1/products HTTP/1.1'), 400],
  ['B1 two hosts', get('/api/v1/products', 'Host: other'), 400],
  ...['a, b', 'u@a', 'a/b', '', 'a\0', 'h'.repeat(300), 'a b', 'a:b', '..'].map(
    (host): [string, string, number] => [
      `B1 host ${JSON.stringify(host).slice(0, 20)}`,
      crlf('GET /api/v1/products HTTP/1.1', `Host: ${host}`),
      400,
    ],
  ),
  ['B2 the absolute form', get('http://other.test/api/v1/products'), 400],
  ['B4 HTTP/2.0', crlf('GET /api/v1/products HTTP/2.0', HOST), 505],
  ...['HTTP/1.2', 'http/1.1', 'HTTP/01.1', 'HTTP/1', ''].map((version): [string, string, number] => [
    `B4 ${version}`,
    crlf(`GET /api/v1/products ${version}`, HOST),
    400,
  ]),
  ['B5 an asterisk', crlf('OPTIONS * HTTP/1.1', HOST), 400],
  ['B5 CONNECT', crlf('CONNECT other.test:443 HTTP/1.1', HOST), 405],
  ['B5 TRACE', crlf('TRACE /api/v1/products HTTP/1.1', HOST), 405],
  ['B5 a lower-case method', crlf('get /api/v1/products HTTP/1.1', HOST), 400],
  ['B5 an unknown method', crlf('HACK /api/v1/products HTTP/1.1', HOST), 400],
  ['B6 a fragment', get('/api/v1/products#x'), 400],
  ['B6 a tab', get('/api/v1/products\tx'), 400],
  ['B6 NUL', get('/api/v1/\0'), 400],
  ['B6 raw bytes', get('/api/v1/products/\u00e9'), 400],
  ...[
    '//api/v1/products',
    '/./api/v1/products',
    '/x/../api/v1/products',
    '/api/v1/%2e%2e/x',
    '/api%2fv1/products',
    '/api/v1%5cproducts',
    '/api/v1\\products',
    '/api/v1/products;x=1',
    '/api/v1/%252e',
    '/api/v1/a%00',
    '/api/v1/a%0d%0aX:%20y',
    '/api/v1/%zz',
    '/api/v1/%c0%af',
    '/api/..%2f..%2finternal',
  ].map((path): [string, string, number] => [`B7-B11 ${path}`, get(path), 400]),
  ['B7 a slash at the end', get('/api/v1/products/'), 404],
  ['B7 upper case', get('/API/V1/PRODUCTS'), 404],
  ['B12 100 KB of target', get(`/${'a'.repeat(100_000)}`), 431],
  ['B12 many parameters', get(`/api/v1/products?${'a=1&'.repeat(2_000)}`), 400],
]
const C: readonly [string, string, number][] = [
  ['C1 3,000 headers', get('/api/v1/products', ...Array.from({ length: 3_000 }, () => 'A: b')), 431],
  ['C1 150 headers', get('/api/v1/products', ...Array.from({ length: 150 }, () => 'A: b')), 431],
  ['C1 one of 100 KB', get('/api/v1/products', `A: ${'b'.repeat(100_000)}`), 431],
  ['C2 no name', get('/api/v1/products', ': b'), 400],
  ['C2 no colon', get('/api/v1/products', 'abc'), 400],
  ['C2 raw bytes in a value', get('/api/v1/products', 'A: \u00e9'), 400],
  ['C2 a control character', get('/api/v1/products', 'A: \x01'), 400],
  [
    'D9 two tokens',
    get('/api/v1/orders/1', 'Authorization: Bearer alice', 'Authorization: Bearer alice'),
    401,
  ],
]

describe.each([
  ['A: framing', A],
  ['B: request line and path', B],
  ['C: headers', C],
])('%s', (_group, cases) => {
  test.concurrent.each(cases)('%s', async (name, bytes, status) => {
    const { statuses, text, closed } = await raw(door.port, Buffer.from(bytes, 'latin1'))
    expect(statuses).toEqual([status])
    expect(text).toContain('application/problem+json')
    // A query that can't be read is no fault of framing; after those, nothing more is read.
    expect(closed || status !== 400 || name.startsWith('B12')).toBe(true)
  })
})

test('none of them reached an operation', () => {
  expect(door.fake.requests).toHaveLength(3)
})

test('C3: headers named like parts of a prototype are plain headers', async () => {
  const { statuses } = await raw(
    door.port,
    get('/api/v1/products', '__proto__: x', 'constructor: y', 'Transfer_Encoding: chunked'),
  )
  expect(statuses).toEqual([200])
})

test('pipelined requests get their answers in order, a malformed one after them closes', async () => {
  const { statuses, closed } = await raw(
    door.port,
    `${get('/api/v1/products')}${get('/nowhere')}GARBAGE\r\n\r\n`,
  )
  expect(statuses).toEqual([200, 404, 400])
  expect(closed).toBe(true)
})

test('A19: the body of a GET is never read as the next request', async () => {
  const inner = get('/api/v1/products?search=smuggled')
  const before = door.fake.requests.length
  const { statuses } = await raw(
    door.port,
    get('/api/v1/products', `Content-Length: ${inner.length}`) + inner + get('/livez'),
  )
  expect(statuses).toEqual([400, 200])
  expect(door.fake.requests.length).toBe(before)
})

test('A20: with Expect: 100-continue the body is asked for, or the answer comes at once and the connection closes', async () => {
  const refused = await raw(
    door.port,
    crlf('POST /api/v1/orders HTTP/1.1', HOST, JSON_TYPE, 'Content-Length: 500', 'Expect: 100-continue'),
  )
  expect(refused.statuses).toEqual([401])
  expect(refused.closed).toBe(true)
  const tooLarge = await raw(door.port, post('Content-Length: 2000000', 'Expect: 100-continue'))
  expect(tooLarge.statuses).toEqual([413])
  const asked = await raw(door.port, post(`Content-Length: ${length}`, 'Expect: 100-continue') + BODY)
  expect(asked.statuses).toEqual([100, 201])
})

test('A21: an upgrade that nobody offers is a normal request, and bytes behind it are never read', async () => {
  const { statuses, closed } = await raw(
    door.port,
    get('/livez', 'Connection: Upgrade', 'Upgrade: websocket') + get('/nowhere'),
  )
  expect(statuses).toEqual([200])
  expect(closed).toBe(true)
})

test('A25: what is no HTTP at all is closed', async () => {
  for (const bytes of [
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]),
    Buffer.from([0, 255, 128, 7, 13, 10]),
  ]) {
    const { closed, statuses } = await raw(door.port, bytes)
    expect(closed).toBe(true)
    expect(statuses.every((status) => status >= 400)).toBe(true)
  }
})

test('E6: a chunked body over the limit is cut off while it comes', async () => {
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  const { statuses } = await raw(door.port, chunked(chunk.repeat(20)))
  expect(statuses).toEqual([413])
})
