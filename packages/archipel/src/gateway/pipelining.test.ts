import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { raw, startGateway } from './gateway.fixture.ts'

const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`
const searches = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => get(`/api/v1/products?search=${from + index}`)).join('')

test('requests that were sent at once on one connection take turns, in order', async () => {
  await using at = await startGateway()
  let active = 0
  let most = 0
  at.fake.call = async (request) => {
    most = Math.max(most, ++active)
    await new Promise((resolve) => setImmediate(resolve))
    active--
    return { given: request.input }
  }
  const { statuses, text } = await raw(at.port, searches(0, 200))
  expect(statuses).toHaveLength(200)
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(most).toBe(1)
  const asked = [...text.matchAll(/"search":"(\d+)"/g)].map((match) => Number(match[1]))
  expect(asked).toEqual(Array.from({ length: 200 }, (_, index) => index))
})

test('what stands behind a request that is under way when the client leaves is never begun', async () => {
  await using at = await startGateway()
  const socket = connect(at.port, '127.0.0.1')
  const gone = new Promise<void>((resolve) => {
    at.fake.call = (_request, { signal }) => {
      socket.destroy()
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => (resolve(), reject(new Error('aborted'))))
      })
    }
  })
  socket.write(searches(0, 50))
  await gone
  // By the time of another answer the rest would have been begun.
  expect((await fetch(`${at.base}/nowhere`)).status).toBe(404)
  expect(at.fake.requests).toHaveLength(1)
})

test('a malformed body behind a request under way is answered after it', async () => {
  await using at = await startGateway()
  const broken =
    'POST /api/v1/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'
  const { statuses, closed } = await raw(at.port, get('/api/v1/products') + broken)
  expect(statuses).toEqual([200, 400])
  expect(closed).toBe(true)
})
