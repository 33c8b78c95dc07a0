import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fetch } from 'undici'
import { openShop, type Shop } from './stage/shop.ts'
import { say, see, seeThat } from './stage/telling.ts'

const MIB = 1_048_576
const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
/** Twice as many as the service has connections. */
const SLOW = 8

export async function show(): Promise<void> {
  await using shop = await openShop()
  const { token } = await shop.signIn('merchandiser')
  const address = `${shop.url}/api/v1/products/MUG/image`
  const put = async (body: Buffer) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'image/png' }
    return (await fetch(address, { method: 'PUT', body, headers })).status
  }
  const get = async (headers: Record<string, string> = {}) => {
    const response = await fetch(address, { headers })
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
  }

  say('An image of 5 MiB goes up, and comes down as it was, whole or in part.')
  const image = Buffer.concat([PNG, randomBytes(5 * MIB)])
  see('the answer', await put(image), 200)
  seeThat('it comes down as it was', (await get()).bytes.equals(image))
  const part = await get({ range: 'bytes=1000-1999' })
  see('the answer to a range', part.status, 206)
  seeThat('that part of it', part.bytes.equals(image.subarray(1_000, 2_000)))

  say(`${SLOW} uploads stop in the middle: twice as many as the service has connections of its database.`)
  const senders = await Promise.all(Array.from({ length: SLOW }, () => sendHalf(shop, token)))
  see('the catalogue answers', (await shop.door.get('/products/MUG')).status, 200)
  see('another upload is taken', await put(image), 200)

  say('They are cut off: nothing of them is left.')
  for (const sender of senders) sender.destroy()
  const rows = await shop.query(
    'select count(*)::int as images from catalogue.images where replaced_at is null',
  )
  see('images in the database', rows, [{ images: 1 }])

  say('What is too long, or no image, is refused.')
  see('11 MiB', await put(Buffer.concat([PNG, randomBytes(11 * MIB)])), 413)
  see('a page that calls itself an image', await put(Buffer.from('<script>alert(1)</script>')), 415)
  seeThat('the image is the one that was there', (await get()).bytes.equals(image))
}

async function sendHalf(shop: Shop, token: string) {
  const { hostname, port } = new URL(shop.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  socket.write(
    `PUT /api/v1/products/MUG/image HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: image/png\r\nContent-Length: ${MIB}\r\n\r\n`,
  )
  await new Promise((resolve) => socket.write(Buffer.concat([PNG, randomBytes(MIB / 2)]), resolve))
  return socket
}
