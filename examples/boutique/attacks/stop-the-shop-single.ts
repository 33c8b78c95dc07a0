import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { fetch } from 'undici'
import { requestText, sendBytes } from './wire.ts'

/** Something that might stop a shop, by its name. */
export interface Trick {
  readonly what: string
  play(): Promise<unknown>
}

const MEBIBYTE = 1_048_576

/** What one request may carry: each is one, of a customer or of nobody. */
export function singleTricks(origin: string, token: string, sku: string): Trick[] {
  const bearer = `Authorization: Bearer ${token}`
  const json = 'Content-Type: application/json'
  async function post(
    path: string,
    body: string | Buffer,
    further: Record<string, string> = {},
  ): Promise<void> {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
      ...further,
    }
    const answer = await fetch(`${origin}/api/v1${path}`, { method: 'POST', headers, body })
    await answer.arrayBuffer()
  }
  const get = async (path: string) =>
    (await fetch(`${origin}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).arrayBuffer()
  const lines = (line: string) => {
    const many = Math.floor((MEBIBYTE - 100) / (line.length + 1))
    return `{"payment":{"token":"tok_ok"},"lines":[${`${line},`.repeat(many - 1)}${line}]}`
  }
  const bodies: Record<string, readonly [string, string]> = {
    'deep arrays': ['/orders', '['.repeat(MEBIBYTE)],
    'deep objects': ['/orders', '{"a":'.repeat(200_000)],
    'deep inside': ['/orders', `{"lines":${'['.repeat(31)}${']'.repeat(31)}}`],
    'lines of numbers': ['/orders', lines('1')],
    'lines of nothing': ['/orders', lines('{}')],
    'lines of lists': ['/orders', lines('[[[]]]')],
    'lines of nulls': ['/orders', lines('null')],
    'a long number': ['/orders', `{"lines":${'9'.repeat(MEBIBYTE - 20)}}`],
    'a long fraction': ['/orders', `{"lines":0.${'1'.repeat(MEBIBYTE - 20)}e-9}`],
    'a long text': ['/users', `{"name":"${'a'.repeat(MEBIBYTE - 20)}"}`],
    backslashes: ['/users', `{"name":"${'\\'.repeat(MEBIBYTE - 20)}"}`],
    'backslashes without end': ['/users', `{"name":"${'\\'.repeat(MEBIBYTE - 21)}"`],
    'escaped quotes': ['/users', `{"name":"${'\\"'.repeat(MEBIBYTE / 2 - 20)}"}`],
    surrogates: ['/users', `{"name":"${'\\ud800'.repeat(MEBIBYTE / 6 - 20)}"}`],
    'white space': ['/users', ' '.repeat(MEBIBYTE)],
    members: ['/orders', `{${Array.from({ length: 19_999 }, (_, number) => `"${number}":1`).join()}}`],
    'members that collide': [
      '/orders',
      `{${Array.from({ length: 19_999 }, (_, number) => `"${number * 65_536}":1`).join()}}`,
    ],
    'members that come twice': ['/orders', `{${'"a":1,'.repeat(19_998)}"a":1}`],
    '1,000 lines of one thing': [
      '/orders',
      `{"payment":{"token":"tok_ok"},"lines":[${Array.from({ length: 1_000 }, () => `{"sku":"${sku}","quantity":1}`).join()}]}`,
    ],
    '1,000 lines of nothing known': [
      '/orders',
      `{"payment":{"token":"tok_ok"},"lines":[${Array.from({ length: 1_000 }, (_, number) => `{"sku":"N-${number}","quantity":100000}`).join()}]}`,
    ],
  }
  const raws: Record<string, string | Buffer> = {
    'a body shorter than said': requestText(
      'POST /api/v1/orders',
      [bearer, json, 'Content-Length: 1000'],
      '{"lines":',
    ),
    'a body longer than said': requestText(
      'POST /api/v1/orders',
      [bearer, json, 'Content-Length: 2'],
      `{}${'x'.repeat(10 * MEBIBYTE)}`,
    ),
    '10 MiB': requestText(
      'POST /api/v1/orders',
      [bearer, json, `Content-Length: ${10 * MEBIBYTE}`],
      'x'.repeat(10 * MEBIBYTE),
    ),
    '10 MiB in chunks of one byte': requestText(
      'POST /api/v1/orders',
      [bearer, json, 'Transfer-Encoding: chunked'],
      '1\r\nx\r\n'.repeat(700_000),
    ),
    'expects to go on, and does not': requestText('POST /api/v1/orders', [
      bearer,
      json,
      'Content-Length: 100',
      'Expect: 100-continue',
    ]),
    'an upgrade': `${requestText('GET /livez', ['Connection: Upgrade', 'Upgrade: websocket'])}${'\0'.repeat(MEBIBYTE)}`,
    'the beginning of HTTP/2': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\0'.repeat(MEBIBYTE)}`,
    'null bytes': Buffer.alloc(4 * MEBIBYTE),
    'a flood of headers': `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(500_000)}`,
    'one long header': `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${'a=b;'.repeat(500_000)}`,
    'a cursor of a megabyte': requestText(`GET /api/v1/orders?cursor=${'a'.repeat(MEBIBYTE)}`, [bearer]),
    'a cursor of 15 KB': requestText(`GET /api/v1/orders?cursor=${'a'.repeat(15_000)}`, [bearer]),
    'many ranges': requestText(`GET /api/v1/products/${sku}/image`, [
      `Range: bytes=${Array.from({ length: 1_500 }, () => '0-').join()}`,
    ]),
    'many entity tags': requestText(`GET /api/v1/products/${sku}`, [
      `If-None-Match: ${'"a",'.repeat(3_500)}`,
    ]),
    'half an entity tag': requestText(`GET /api/v1/products/${sku}`, [
      `If-None-Match: ${' ,\t'.repeat(4_500)}"`,
    ]),
    'a long token': requestText('GET /api/v1/users/me', [
      `Authorization: Bearer ${'a'.repeat(4_000)}.${'a'.repeat(4_000)}.${'a'.repeat(86)}`,
    ]),
    'many parameters': requestText(`GET /api/v1/products?${'search=a&'.repeat(1_500)}limit=1`),
    'a path of dots': requestText(`GET /api/v1/${'a./'.repeat(5_000)}`),
    'a path of escapes': requestText(`GET /api/v1/products/${'%41'.repeat(5_000)}`),
    '5,000 requests at once': requestText('GET /api/v1/products?limit=100').repeat(5_000),
  }
  const bomb = gzipSync(Buffer.alloc(100 * MEBIBYTE))
  /** In every field that has a pattern, and in those that a query compares. */
  async function everywhere(text: string): Promise<void> {
    const short = encodeURIComponent(text.slice(0, 100))
    for (const path of [`/products?search=${short}`, `/products/${short}`, `/products?category=${short}`])
      await get(path)
    const address = { name: text, street: text, city: text, postcode: text, country: text }
    const order = {
      lines: [{ sku: text, quantity: 1 }],
      payment: { token: text, methodId: text },
      shipTo: { addressId: text },
    }
    await post('/users', JSON.stringify({ email: text, name: text, password: 'a' }))
    await post('/orders', JSON.stringify(order))
    await post('/users/me/addresses', JSON.stringify(address))
    await post(
      '/users/me/payment-methods',
      JSON.stringify({ label: text, brand: text, last4: text, token: text }),
    )
  }
  return [
    ...Object.entries(bodies).map(([what, [path, body]]) => ({ what, play: () => post(path, body) })),
    ...Object.entries(raws).map(([what, bytes]) => ({ what, play: () => sendBytes(origin, bytes, 100) })),
    ...tiresome().map((text) => ({ what: `texts of ${text.slice(0, 12)}`, play: () => everywhere(text) })),
    ...['gzip', 'deflate', 'br', 'gzip, gzip'].map((encoding) => ({
      what: `a bomb as ${encoding}`,
      play: () => post('/orders', bomb, { 'content-encoding': encoding }),
    })),
  ]
}

/** Texts at which an expression that tries every way would never come to an end. */
function tiresome(): string[] {
  const pieces = [
    'a',
    'a ',
    'a-',
    'a.',
    'a@',
    '1',
    '-',
    ' ',
    '%',
    '_',
    '\\',
    'é',
    'a_',
    '2020-01-01T',
    '\u0131',
    '00000000-',
  ]
  return pieces.flatMap((piece) => [
    piece.repeat(100_000 / piece.length),
    `${piece.repeat(90 / piece.length)}!`,
  ])
}
