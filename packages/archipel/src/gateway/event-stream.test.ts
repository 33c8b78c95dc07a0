import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { StreamItem } from '../call/index.ts'
import { alice, raw, startGateway } from './gateway.fixture.ts'

const item = (id: number): StreamItem => ({ id: String(id), data: { id: `o-${id}`, note: 'a\nb' } })

test('items, then the end; a client that comes again with the last id gets 204', async () => {
  await using at = await startGateway()
  at.fake.stream = async function* ({ metadata }) {
    for (let id = Number(metadata.lastEventId ?? 0) + 1; id <= 2; id++) yield item(id)
  }
  const first = await fetch(`${at.base}/orders/7/events`)
  expect(first.headers.get('content-type')).toBe('text/event-stream')
  expect(first.headers.get('cache-control')).toBe('no-store')
  expect(await first.text()).toBe(
    'id: 1\nevent: message\ndata: {"id":"o-1","note":"a\\nb"}\n\nid: 2\nevent: message\ndata: {"id":"o-2","note":"a\\nb"}\n\nevent: end\ndata: {}\n\n',
  )
  expect(at.fake.requests[0]).toMatchObject({
    operation: 'follow',
    input: { id: '7' },
    metadata: { idempotencyKey: undefined },
  })
  const resumed = await fetch(`${at.base}/orders/7/events`, { headers: { 'last-event-id': '1' } })
  expect(await resumed.text()).toMatch(/^id: 2\n/)
  const after = await fetch(`${at.base}/orders/7/events`, { headers: { 'last-event-id': '2' } })
  expect(after.status).toBe(204)
  const empty = await fetch(`${at.base}/orders/7/events`)
  expect(empty.status).toBe(200)
})

test('an error before the first item is a problem, a later one is an event without its secrets', async () => {
  await using at = await startGateway()
  at.fake.stream = () => ({
    [Symbol.asyncIterator]: () => ({ next: async () => Promise.reject(new Error('CANARY')) }),
  })
  expect((await fetch(`${at.base}/orders/7/events`)).status).toBe(500)
  at.fake.stream = async function* () {
    yield item(1)
    throw new Error('CANARY')
  }
  const text = await (await fetch(`${at.base}/orders/7/events`)).text()
  expect(text).toContain('event: error\ndata: {"type":"urn:archipel:error:ARC_INTERNAL"')
  expect(text).not.toContain('CANARY')
})

test('F13: a stream ends with the token that it was opened with', async () => {
  await using at = await startGateway(
    {},
    { authenticate: () => ({ principal: alice, endsAtMs: Date.now() + 300 }) },
  )
  let signal: AbortSignal | undefined
  at.fake.stream = async function* (_request, bounds) {
    signal = bounds.signal
    yield item(1)
    await new Promise((resolve) => bounds.signal.addEventListener('abort', resolve))
  }
  const stream = await fetch(`${at.base}/orders/7/events`, { headers: { authorization: 'Bearer alice' } })
  expect(await stream.text()).toMatch(/^id: 1\n[^]*retry: 1000\n\n$/)
  expect(signal?.aborted).toBe(true)
})

test('an id that could break the format never leaves', async () => {
  await using at = await startGateway()
  at.fake.stream = async function* () {
    yield { id: '1\ndata: forged', data: {} }
  }
  expect((await fetch(`${at.base}/orders/7/events`)).status).toBe(500)
})

test('comments come while nothing happens', async () => {
  await using at = await startGateway({ limits: { heartbeatMs: 30 } })
  at.fake.stream = async function* (_request, { signal }) {
    await sleep(150, undefined, { signal }).catch(() => undefined)
    yield item(1)
  }
  const text = await (await fetch(`${at.base}/orders/7/events`)).text()
  expect(text).toMatch(/^:\n\n(?::\n\n)+id: 1/)
})

test('draining ends open streams with a time to come again, and answers what is in flight', async () => {
  const at = await startGateway()
  at.fake.stream = async function* (_request, { signal }) {
    yield item(1)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }
  at.fake.call = async () => {
    await sleep(100)
    return { slow: true }
  }
  const stream = await fetch(`${at.base}/orders/7/events`)
  const slow = fetch(`${at.base}/products`)
  await sleep(20)
  const drained = at.door.drain()
  expect(at.door.ready()).toBe(false)
  expect(await (await slow).json()).toEqual({ slow: true })
  expect(await stream.text()).toMatch(/retry: 1000\n\n$/)
  await drained
  await expect(fetch(`${at.base}/products`)).rejects.toThrow(/fetch failed/)
  await at.door.close()
})

test('the number of open streams is limited', async () => {
  await using at = await startGateway({ limits: { streams: 1 } })
  at.fake.stream = async function* (_request, { signal }) {
    yield item(1)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }
  const controller = new AbortController()
  await fetch(`${at.base}/orders/7/events`, { signal: controller.signal })
  const second = await fetch(`${at.base}/orders/7/events`)
  expect([second.status, second.headers.get('retry-after')]).toEqual([429, '5'])
  controller.abort()
  await sleep(50)
  const third = new AbortController()
  expect((await fetch(`${at.base}/orders/7/events`, { signal: third.signal })).status).toBe(200)
  third.abort()
})

test('F18: one principal never takes all the streams', async () => {
  await using at = await startGateway({ limits: { streams: 3, streamsOfOne: 2 } })
  at.fake.stream = async function* (_request, { signal }) {
    yield item(1)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }
  const leave = new AbortController()
  const statuses: number[] = []
  for (const headers of [...Array.from({ length: 3 }, () => ({ authorization: 'Bearer alice' })), {}, {}])
    statuses.push((await fetch(`${at.base}/orders/7/events`, { headers, signal: leave.signal })).status)
  leave.abort()
  expect(statuses).toEqual([200, 200, 429, 200, 429])
})

test('a client that does not read holds back its source, not the memory; leaving ends the source', async () => {
  await using at = await startGateway()
  let made = 0
  const ended = Promise.withResolvers<void>()
  at.fake.stream = async function* () {
    try {
      for (;;) yield { id: String(++made), data: 'x'.repeat(100_000) }
    } finally {
      ended.resolve()
    }
  }
  const socket = connect(at.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.pause()
  socket.write('GET /api/v1/orders/7/events HTTP/1.1\r\nHost: a\r\n\r\n')
  await sleep(300)
  const before = made
  await sleep(200)
  expect(made).toBe(before)
  expect(made).toBeLessThan(200)
  socket.destroy()
  await ended.promise
})

test('a Last-Event-ID that is no id is refused', async () => {
  await using at = await startGateway()
  const { statuses } = await raw(
    at.port,
    `GET /api/v1/orders/7/events HTTP/1.1\r\nHost: a\r\nLast-Event-ID: ${'9'.repeat(201)}\r\n\r\n`,
  )
  expect(statuses).toEqual([400])
})
