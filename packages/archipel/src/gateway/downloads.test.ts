import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orderLost, raw, startGateway } from './gateway.fixture.ts'

const BYTES = Buffer.from('0123456789')
const known = { contentType: 'image/png', length: BYTES.length, entityTag: 'abc' }

let at: Awaited<ReturnType<typeof startGateway>>
beforeEach(async () => {
  at = await startGateway()
  at.fake.download = async () => ({
    ...known,
    async *read(from, to) {
      for (let byte = from; byte < to; byte++) yield BYTES.subarray(byte, byte + 1)
    },
  })
})
afterEach(() => at.door.close())

const get = (headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${at.base}/orders/o-1/scan`, { method, headers })

test('the bytes come as they are, with what is known of them', async () => {
  const response = await get()
  expect(await response.text()).toBe('0123456789')
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'image/png',
    'content-length': '10',
    etag: '"abc"',
    'accept-ranges': 'bytes',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  })
  expect(at.fake.requests).toMatchObject([
    { operation: 'getScan', input: { id: 'o-1' }, metadata: { idempotencyKey: undefined } },
  ])
})

test.each([
  [{ range: 'bytes=2-4' }, 206, '234'],
  [{ range: 'bytes=-2', 'if-range': '"abc"' }, 206, '89'],
  [{ range: 'bytes=2-4', 'if-range': '"abd"' }, 200, '0123456789'],
  [{ range: 'bytes=2-4', 'if-range': 'W/"abc"' }, 200, '0123456789'],
  [{ range: 'bytes=2-4', 'if-range': 'Sat, 29 Oct 1994 19:43:31 GMT' }, 200, '0123456789'],
  [{ range: 'bytes=2-4,6-7' }, 200, '0123456789'],
  [{ range: 'bytes=2-4', 'if-none-match': '"abc"' }, 304, ''],
  [{ 'if-none-match': 'W/"x", W/"abc"' }, 304, ''],
])('%j is answered %i', async (headers, status, text) => {
  const response = await get(headers)
  expect([response.status, await response.text()]).toEqual([status, text])
})

test('a range behind the end is refused with the length; nobody keeps that', async () => {
  const response = await get({ range: 'bytes=10-' })
  expect(response.status).toBe(416)
  expect(response.headers.get('content-range')).toBe('bytes */10')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toMatchObject({ code: 'ARC_RANGE_UNSATISFIABLE', details: { length: 10 } })
})

test('HEAD, 304 and 416 read no byte', async () => {
  at.fake.download = async () => ({
    ...known,
    read() {
      throw new Error('nobody should read this')
    },
  })
  const head = await get({ range: 'bytes=0-1' }, 'HEAD')
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '10'])
  expect((await get({ 'if-none-match': '*' })).status).toBe(304)
  expect((await get({ range: 'bytes=10-' })).status).toBe(416)
})

test('without a length the whole comes in chunks, and no part can be asked for', async () => {
  at.fake.download = async () => ({
    contentType: 'image/png',
    length: undefined,
    entityTag: undefined,
    async *read() {
      yield BYTES
    },
  })
  const response = await get({ range: 'bytes=0-1' })
  expect([response.status, await response.text()]).toEqual([200, '0123456789'])
  expect(response.headers.get('accept-ranges')).toBe('none')
  expect(response.headers.get('content-length')).toBeNull()
  expect(response.headers.get('etag')).toBeNull()
})

test('what goes wrong before the first byte is a problem; afterwards only the connection can say it', async () => {
  at.fake.download = () => Promise.reject(orderLost('o-1'))
  expect((await get()).status).toBe(404)
  at.fake.download = async () => ({
    ...known,
    // oxlint-disable-next-line require-yield -- it breaks before the first byte
    async *read() {
      throw orderLost('o-1')
    },
  })
  expect((await get()).status).toBe(404)
  at.fake.download = async () => ({
    ...known,
    async *read() {
      yield BYTES.subarray(0, 3)
      throw new Error('a disk that broke')
    },
  })
  const broken = await raw(at.port, 'GET /api/v1/orders/o-1/scan HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(broken.closed).toBe(true)
  expect(broken.text).not.toContain('0123456789')
  await expect(get().then((response) => response.text())).rejects.toThrow()
})

test('a client that does not read holds back its source, not the memory; leaving ends the source', async () => {
  let given = 0
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const PIECE = Buffer.alloc(100_000)
  at.fake.download = async () => ({
    ...known,
    length: PIECE.length * 1_000,
    async *read() {
      try {
        for (; given < 1_000; given++) yield PIECE
      } finally {
        resolve()
      }
    },
  })
  const socket = connect(at.port, '127.0.0.1', () => {
    socket.pause()
    socket.write('GET /api/v1/orders/o-1/scan HTTP/1.1\r\nHost: a\r\n\r\n')
  })
  await expect.poll(() => given).toBeGreaterThan(0)
  await heldBack(() => given)
  expect(given).toBeLessThan(300)
  expect((await fetch(`${at.base}/products`)).status).toBe(200)
  socket.destroy()
  await ended
  expect(given).toBeLessThan(300)
})

test('bytes that come after the deadline are sent to nobody: their source is ended', async () => {
  const late = Promise.withResolvers<void>()
  const { promise: ended, resolve } = Promise.withResolvers<number>()
  at.fake.download = async () => ({
    ...known,
    async *read() {
      let given = 0
      try {
        await late.promise
        for (; given < 10; given++) yield BYTES.subarray(given, given + 1)
      } finally {
        resolve(given)
      }
    },
  })
  const response = await get({ 'archipel-deadline': '40' })
  expect([response.status, await response.json()]).toMatchObject([504, { code: 'ARC_DEADLINE' }])
  late.resolve()
  expect(await ended).toBe(0)
  expect((await fetch(`${at.base}/products`)).status).toBe(200)
})

/** Resolves when a number has stopped rising. */
async function heldBack(read: () => number): Promise<void> {
  let last = -1
  await expect
    .poll(
      () => {
        const same = read() === last
        last = read()
        return same
      },
      { interval: 50 },
    )
    .toBe(true)
}
