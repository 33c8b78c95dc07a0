import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { CallRequest } from '../call/index.ts'
import { frameworkError } from '../errors/index.ts'
import { raw, startGateway } from './gateway.fixture.ts'

let at: Awaited<ReturnType<typeof startGateway>>
afterEach(() => at.door.close())

/** Takes in the body and answers with what it was. */
async function taking({ body, input }: CallRequest): Promise<unknown> {
  let length = 0
  for await (const chunk of body?.bytes ?? []) length += chunk.length
  return { id: 'o-1', length, input, contentType: body?.contentType, announced: body?.length }
}

async function start(options: Parameters<typeof startGateway>[0] = {}, timeouts = {}) {
  at = await startGateway(options, { timeouts })
  at.fake.call = taking
}

const put = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, query = '') =>
  fetch(`${at.base}/orders/o-1/scan${query}`, {
    method: 'PUT',
    body,
    headers: { 'content-type': 'image/png', ...headers },
  })
const head = (...lines: string[]) =>
  ['PUT /api/v1/orders/o-1/scan HTTP/1.1', 'Host: a', 'Content-Type: image/png', ...lines, '', ''].join(
    '\r\n',
  )

/** Opens a connection and sends the beginning of an upload. */
function begin(text: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(at.port, '127.0.0.1', () => socket.write(text, () => resolve(socket)))
    socket.on('error', () => undefined)
  })
}

function textOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.on('close', () => resolve(text))
  })
}

test('an upload is a call with a key, its fields from path and query, and its bytes as they come', async () => {
  await start()
  const response = await put(new Uint8Array(200_000), { 'idempotency-key': 'k-1' }, '?page=3')
  expect(response.status).toBe(201)
  expect(response.headers.get('location')).toBe('/api/v1/orders/o-1/scan')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toEqual({
    id: 'o-1',
    length: 200_000,
    input: { id: 'o-1', page: 3 },
    contentType: 'image/png',
    announced: 200_000,
  })
  expect(at.fake.requests).toMatchObject([{ operation: 'putScan', metadata: { idempotencyKey: 'k-1' } }])
})

test('a body in chunks has no length; none at all has no bytes', async () => {
  await start()
  const chunked = await raw(
    at.port,
    head('Transfer-Encoding: chunked', 'Connection: close') + '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
  )
  expect(chunked.statuses).toEqual([201])
  expect(chunked.text).toContain('"length":5')
  expect(chunked.text).not.toContain('"announced"')
  expect((await raw(at.port, head('Connection: close'))).text).toContain('"announced":0')
})

test('unknown fields are refused before a byte is read', async () => {
  await start()
  expect((await put('abc', {}, '?pages=3')).status).toBe(400)
  expect(at.fake.requests).toHaveLength(0)
})

test('a client that announces its body sends it only when it is wanted', async () => {
  await start()
  const socket = await begin(head('Content-Length: 3', 'Expect: 100-continue', 'Connection: close'))
  const text = textOf(socket)
  socket.once('data', (chunk: Buffer) => {
    expect(chunk.toString()).toContain('100 Continue')
    socket.write('abc')
  })
  expect(await text).toMatch(/HTTP\/1\.1 201 [^]*"length":3/)
  at.fake.call = async () => {
    throw frameworkError('ARC_FORBIDDEN', 'not you')
  }
  const refused = await raw(at.port, head('Content-Length: 3', 'Expect: 100-continue'))
  expect([refused.statuses, refused.closed]).toEqual([[403], true])
})

test('bytes that nobody takes are not read: they wait at the client', async () => {
  await start()
  const { promise: never, resolve } = Promise.withResolvers<void>()
  at.fake.call = async (request) => {
    await never
    return taking(request)
  }
  const socket = await begin(head('Content-Length: 50000000'))
  let taken = 0
  const piece = Buffer.alloc(100_000)
  while (taken < 50_000_000 && socket.write(piece)) taken += piece.length
  await new Promise<void>((done) => setImmediate(done))
  expect(socket.bytesWritten - socket.writableLength).toBeLessThan(20_000_000)
  resolve()
  socket.destroy()
})

test('an upload that is slow but goes on may take longer than a request; one that stops is ended by 408', async () => {
  await start({}, { headersMs: 300, requestMs: 1_000 })
  const slow = await begin(head('Content-Length: 10', 'Connection: close'))
  const text = textOf(slow)
  const drip = setInterval(() => slow.write('x'), 150)
  expect(await text).toMatch(/HTTP\/1\.1 201 [^]*"length":10/)
  clearInterval(drip)
  const stopped = await begin(head('Content-Length: 10') + 'xxx')
  expect(await textOf(stopped)).toMatch(/^HTTP\/1\.1 408 /)
})

test.each(['before', 'after'])(
  'a refusal %s the first byte is no place to rest: who sends no more is cut off',
  async (when) => {
    await start({}, { headersMs: 300, requestMs: 300 })
    at.fake.call = async ({ body }) => {
      if (when === 'after') for await (const chunk of body?.bytes ?? []) if (chunk.length > 0) break
      throw frameworkError('ARC_FORBIDDEN', 'not you')
    }
    const socket = await begin(head('Content-Length: 10') + 'xxx')
    expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 403 /)
  },
)

test('a client that goes away ends what takes its bytes', async () => {
  await start()
  const { promise: ended, resolve } = Promise.withResolvers<unknown>()
  at.fake.call = async (request) => {
    try {
      return await taking(request)
    } catch (error) {
      resolve(error)
      throw error
    }
  }
  const socket = await begin(head('Content-Length: 10') + 'xxx')
  await expect.poll(() => at.fake.requests.length).toBe(1)
  socket.destroy()
  expect(await ended).toMatchObject({ code: 'ARC_CANCELLED' })
})

test('more than so many at once are sent away, for a while', async () => {
  await start({ limits: { transfers: 2 } })
  const sockets = [
    await begin(head('Content-Length: 10') + 'x'),
    await begin(head('Content-Length: 10') + 'x'),
  ]
  await expect.poll(() => at.fake.requests.length).toBe(2)
  const refused = await put('abc')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect((await fetch(`${at.base}/products`)).status).toBe(200)
  for (const socket of sockets) socket.destroy()
  await expect.poll(async () => (await put('abc')).status).toBe(201)
})
