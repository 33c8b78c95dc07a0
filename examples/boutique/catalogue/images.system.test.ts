import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { describePlacements } from 'archipel/testing'
import { fetch } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'

const MIB = 1_048_576
const LONGEST = 10 * MIB
const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
const GIF = Buffer.from('GIF89a', 'latin1')

/** An image as far as anybody looks: the first bytes say so, the rest can't be compressed. */
function imageOf(length: number, start = PNG): Buffer {
  return Buffer.concat([start, randomBytes(length - start.length)])
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describePlacements('images of products', ({ options }) => {
  let shop: TestShop
  let merchandiser: Person
  beforeAll(async () => {
    shop = await startShop(options)
    merchandiser = await shop.staff('merchandiser')
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const address = (sku: string) => `${shop.application.url}/api/v1/products/${sku}/image`
  const put = async (sku: string, body: Buffer, headers: Record<string, string> = {}) => {
    const response = await fetch(address(sku), {
      method: 'PUT',
      body,
      headers: { authorization: `Bearer ${merchandiser.token}`, 'content-type': 'image/png', ...headers },
    })
    return { status: response.status, body: JSON.parse(await response.text()) }
  }
  const get = async (sku: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(address(sku), { method, headers })
    return {
      status: response.status,
      headers: response.headers,
      bytes: Buffer.from(await response.arrayBuffer()),
    }
  }

  test('10 MiB go up and come down as they were; one byte more is refused', async () => {
    const sku = await shop.product()
    const image = imageOf(LONGEST)
    const stored = await put(sku, image)
    expect(stored).toMatchObject({
      status: 200,
      body: { contentType: 'image/png', length: LONGEST, sha256: sha256(image) },
    })
    const { status, headers, bytes } = await get(sku)
    expect([status, bytes.equals(image)]).toEqual([200, true])
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(LONGEST),
      etag: `"${sha256(image)}"`,
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=60',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    })
    expect((await shop.door.get(`/products/${sku}`)).expect(200).image).toEqual(stored.body)
    const more = await put(sku, imageOf(LONGEST + 1))
    expect(more).toMatchObject({ status: 413, body: { code: 'ARC_BODY_TOO_LARGE' } })
    expect((await get(sku)).headers.get('etag')).toBe(`"${sha256(image)}"`)
  })

  test('a body without a length is refused where it becomes too long', async () => {
    const sku = await shop.product()
    const piece = imageOf(MIB)
    async function* long() {
      for (let mebibytes = 0; mebibytes < 40; mebibytes++) yield piece
    }
    const response = await fetch(address(sku), {
      method: 'PUT',
      body: long(),
      duplex: 'half',
      headers: { authorization: `Bearer ${merchandiser.token}`, 'content-type': 'image/png' },
    })
    expect(response.status).toBe(413)
    await response.body?.cancel()
    expect((await get(sku)).status).toBe(404)
  })

  test('a part comes as asked for, and only of the image it belongs to', async () => {
    const sku = await shop.product()
    const image = imageOf(600_000)
    await put(sku, image)
    const etag = `"${sha256(image)}"`
    const part = async (range: string, headers = {}) => get(sku, { range, ...headers })
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 1],
      ['bytes=262140-262150', 262_140, 262_151],
      ['bytes=599990-', 599_990, 600_000],
      ['bytes=-7', 599_993, 600_000],
      ['bytes=1-9999999', 1, 600_000],
    ] as const) {
      const { status, headers, bytes } = await part(range)
      expect([status, bytes.equals(image.subarray(from, to))]).toEqual([206, true])
      expect(headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/600000`)
      expect(headers.get('etag')).toBe(etag)
    }
    const behind = await part('bytes=600000-')
    expect([behind.status, behind.headers.get('content-range')]).toEqual([416, 'bytes */600000'])
    expect((await part('bytes=0-1,5-6')).bytes).toHaveLength(600_000)
    expect((await part('bytes=0-1', { 'if-range': etag })).status).toBe(206)
    expect((await part('bytes=0-1', { 'if-range': '"another"' })).status).toBe(200)
    expect((await part('bytes=0-1', { 'if-range': `W/${etag}` })).status).toBe(200)
    expect((await part('bytes=0-1', { 'if-none-match': etag })).status).toBe(304)
    const head = await get(sku, { range: 'bytes=0-1' }, 'HEAD')
    expect([head.status, head.bytes.length, head.headers.get('content-length')]).toEqual([200, 0, '600000'])
  })

  test('the type is what the first bytes say; what is no image is refused', async () => {
    const sku = await shop.product()
    expect((await put(sku, imageOf(100, GIF))).body.contentType).toBe('image/gif')
    expect((await get(sku)).headers.get('content-type')).toBe('image/gif')
    const page = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">')
    for (const bytes of [page, Buffer.alloc(0)])
      expect(await put(sku, bytes)).toMatchObject({ status: 415, body: { code: 'NOT_AN_IMAGE' } })
    expect(await put(sku, page, { 'content-type': 'image/svg+xml' })).toMatchObject({
      status: 415,
      body: { code: 'ARC_CONTENT_TYPE' },
    })
    expect((await get(sku)).headers.get('content-type')).toBe('image/gif')
  })

  test('only merchandisers give images, only to products that exist; none is 404', async () => {
    const sku = await shop.product()
    const customer = await shop.customer()
    expect((await put(sku, imageOf(10), { authorization: `Bearer ${customer.token}` })).status).toBe(403)
    expect(await put('GONE', imageOf(10))).toMatchObject({ status: 404, body: { code: 'PRODUCT_NOT_FOUND' } })
    expect((await get(sku)).status).toBe(404)
    expect((await merchandiser.ask('DELETE', `/products/${sku}/image`)).expect(404).code).toBe(
      'IMAGE_NOT_FOUND',
    )
    await put(sku, imageOf(10))
    ;(await merchandiser.ask('DELETE', `/products/${sku}/image`)).expect(200)
    expect((await get(sku)).status).toBe(404)
  })

  test('the same key and bytes are one upload; another image under the key is refused', async () => {
    const sku = await shop.product()
    const image = imageOf(1_000)
    const key = { 'idempotency-key': `image-${sku}` }
    const first = await put(sku, image, key)
    expect(await put(sku, image, key)).toEqual(first)
    expect(await put(sku, imageOf(1_000), key)).toMatchObject({
      status: 422,
      body: { code: 'ARC_KEY_REUSED' },
    })
  })

  test('an upload that is cut off leaves the image that was there', async () => {
    const sku = await shop.product()
    const image = imageOf(1_000)
    await put(sku, image)
    const cut = imageOf(500_000)
    await new Promise<void>((resolve) => {
      const { hostname, port } = new URL(shop.application.url)
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `PUT /api/v1/products/${sku}/image HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n` +
            `Authorization: Bearer ${merchandiser.token}\r\nContent-Length: 1000000\r\n\r\n`,
        )
        socket.write(cut, () => socket.destroy())
      })
      socket.on('close', () => resolve())
    })
    expect((await put(sku, image)).status).toBe(200)
    expect((await get(sku)).bytes.equals(image)).toBe(true)
  })

  test('who is reading an image reads it to its end while it is replaced; readers that stop hold nobody back', async () => {
    const sku = await shop.product()
    const [before, after] = [imageOf(LONGEST), imageOf(1_000)]
    await put(sku, before)
    const readers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const response = await fetch(address(sku))
        const reader = response.body?.getReader()
        const first = await reader?.read()
        return { reader, first: Buffer.from(first?.value ?? []) }
      }),
    )
    expect((await put(sku, after)).status).toBe(200)
    expect((await get(sku)).bytes.equals(after)).toBe(true)
    const [going, ...stopped] = readers
    for (const { reader } of stopped) await reader?.cancel()
    const chunks = [going?.first ?? Buffer.alloc(0)]
    for (;;) {
      const next = await going?.reader?.read()
      if (next === undefined || next.done) break
      chunks.push(Buffer.from(next.value))
    }
    expect(Buffer.concat(chunks).equals(before)).toBe(true)
  })

  test('every upload gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})
