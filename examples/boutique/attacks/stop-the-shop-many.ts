import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetch } from 'undici'
import { z } from 'zod'
import { accepted, WithId } from '../drill/answers.ts'
import type { ShopClient } from '../drill/shop-client.ts'
import type { Trick } from './stop-the-shop-single.ts'
import { dial, requestText } from './wire.ts'

export interface Crowd {
  readonly origin: string
  readonly shop: ShopClient
  readonly run: string
  readonly token: string
  /** Of somebody else. */
  readonly otherToken: string
  readonly merchandiser: string
  readonly sku: string
  /** How many at full size, cut to this run's. */
  readonly many: (count: number) => number
}

const LONGER_THAN_HEADERS_MS = 11_500
const MEBIBYTE = 1_048_576
const MOST_STREAMS = 1_000
const LONGEST_SIGN_IN_MS = 5_000

/** What a few, or a thousand, may do together. Each gives what went wrong for others, beside the time that they had to wait. */
export function crowdTricks(crowd: Crowd): (Trick & { play(): Promise<string[]> })[] {
  const { origin, shop, run, token, otherToken, merchandiser, sku, many } = crowd
  const bearer = `Authorization: Bearer ${token}`

  async function hold(count: number, start: string, more: string, forMs: number): Promise<Socket[]> {
    const sockets = Array.from({ length: count }, () => dial(origin))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    for (const socket of sockets) socket.pause().write(start)
    for (const end = performance.now() + forMs; performance.now() < end; await sleep(500))
      for (const socket of sockets) if (socket.writable) socket.write(more)
    return sockets
  }
  function leave(sockets: readonly Socket[]): void {
    for (const socket of sockets) socket.destroy()
  }

  async function slowHeaders(): Promise<string[]> {
    const sockets = await hold(many(1_000), 'GET /livez HTTP/1.1\r\nX-A: ', 'x', LONGER_THAN_HEADERS_MS)
    for (const socket of sockets) socket.resume()
    await sleep(500)
    const alive = sockets.filter((socket) => !socket.closed && socket.readable).length
    leave(sockets)
    return alive === 0 ? [] : [`${alive} connections are still listened to`]
  }

  async function slowBodies(): Promise<string[]> {
    const start = requestText(
      'POST /api/v1/orders',
      [bearer, 'Content-Type: application/json', 'Content-Length: 1000'],
      '{',
    )
    leave(await hold(many(1_000), start, ' ', 2_000))
    return []
  }

  async function readsNothing(): Promise<string[]> {
    const asked = requestText('GET /openapi.json').repeat(100)
    leave(await hold(many(1_000), asked, requestText('GET /api/v1/products?limit=100'), 2_000))
    return []
  }

  async function idle(): Promise<string[]> {
    leave(await hold(many(1_000), '', '', 1_000))
    return []
  }

  /** Of a customer, who asks again as long as the shop is too busy. */
  async function signInMs(): Promise<number> {
    const account = { email: `customer-0-${run}@drill.example`, password: `drill-password-${run}-0` }
    const began = performance.now()
    accepted(await shop.send('/sessions', account, { key: randomUUID() }), 'signing in', z.unknown())
    return performance.now() - began
  }

  /** The slow hash of a password is the most that nobody in particular can ask for. */
  async function signIns(): Promise<string[]> {
    const usualMs = await signInMs()
    const flood = Array.from({ length: many(1_000) }, async (_, number) => {
      const path = number % 2 === 0 ? '/sessions' : '/users'
      const body = JSON.stringify({
        email: `flood-${number}-${run}@evil.example`,
        password: 'a password of mine',
        ...(path === '/users' && { name: 'Flood' }),
      })
      const answer = await fetch(`${origin}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      await answer.arrayBuffer()
    }).map((one) => one.catch(() => undefined))
    await sleep(500)
    const tookMs = await signInMs()
    await Promise.all(flood)
    console.log(`  signing in took ${usualMs.toFixed()} ms, meanwhile ${tookMs.toFixed()} ms`)
    const longestMs = Math.max(LONGEST_SIGN_IN_MS, usualMs * 6)
    return tookMs <= longestMs ? [] : [`signing in took ${tookMs.toFixed()} ms`]
  }

  async function watchers(): Promise<string[]> {
    const order = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } }
    const place = async (whose: string) =>
      accepted(await shop.send('/orders', order, { key: randomUUID(), token: whose }), 'an order', WithId).id
    const [mine, others] = [await place(token), await place(otherToken)]
    const sockets = await hold(
      MOST_STREAMS + 50,
      requestText(`GET /api/v1/orders/${mine}/events`, [bearer]),
      '',
      1_000,
    )
    const leaving = new AbortController()
    const watch = await fetch(`${origin}/api/v1/orders/${others}/events`, {
      headers: { authorization: `Bearer ${otherToken}` },
      signal: leaving.signal,
    })
    leaving.abort()
    leave(sockets)
    return watch.status === 200 ? [] : [`another customer who watches an order is told ${watch.status}`]
  }

  async function halfUploads(): Promise<string[]> {
    const head = [
      'Content-Type: image/png',
      `Content-Length: ${10 * MEBIBYTE}`,
      `Authorization: Bearer ${merchandiser}`,
      `Idempotency-Key: ${run}-half`,
    ]
    leave(
      await hold(
        many(200),
        requestText(`PUT /api/v1/products/${sku}/image`, head),
        '\x89PNG\r\n\x1a\n'.repeat(10_000),
        1_500,
      ),
    )
    return []
  }

  async function strangeTokens(): Promise<string[]> {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    await Promise.all(
      Array.from({ length: many(2_000) }, async (_, number) => {
        const strange = `${part({ alg: 'EdDSA', kid: `k${number}` })}.${part({})}.${'A'.repeat(86)}`
        const answer = await fetch(`${origin}/api/v1/users/me`, {
          headers: { authorization: `Bearer ${strange}` },
        })
        await answer.arrayBuffer()
      }),
    )
    return []
  }

  async function orders(): Promise<string[]> {
    let left = many(10_000)
    const order = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } }
    const oneByOne = async () => {
      while (left-- > 0) await shop.send('/orders', order, { key: randomUUID(), token })
    }
    await Promise.all(Array.from({ length: 16 }, oneByOne))
    return []
  }

  return [
    { what: 'connections with slow headers', play: slowHeaders },
    { what: 'connections with slow bodies', play: slowBodies },
    { what: 'connections that read nothing', play: readsNothing },
    { what: 'connections that say nothing', play: idle },
    { what: 'sign-ins and registrations', play: signIns },
    { what: 'watchers of one order', play: watchers },
    { what: 'uploads that stop in the middle', play: halfUploads },
    { what: 'tokens of unknown keys', play: strangeTokens },
    { what: 'orders of one customer', play: orders },
  ]
}
