import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { startGateway } from './gateway.fixture.ts'

/** Sends one byte after the other, as slowly as it may, and waits for the other side to give up. */
function drip(port: number, start: string): Promise<{ text: string; tookMs: number }> {
  return new Promise((resolve) => {
    const began = performance.now()
    let text = ''
    let timer: NodeJS.Timeout | undefined
    const socket: Socket = connect(port, '127.0.0.1', () => {
      socket.write(start)
      timer = setInterval(() => socket.write('x'), 50)
    })
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ text, tookMs: performance.now() - began })
    })
  })
}

test('F18: slow headers, slow bodies and silence are ended by their timeouts; others are served meanwhile', async () => {
  await using at = await startGateway({}, { timeouts: { headersMs: 300, requestMs: 600 } })
  const body =
    'POST /api/v1/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n'
  const slow = [drip(at.port, 'GET /livez HTTP/1.1\r\nX-A: '), drip(at.port, body)]
  expect((await fetch(`${at.base}/products`)).status).toBe(200)
  for (const { text, tookMs } of await Promise.all(slow)) {
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(tookMs).toBeLessThan(2_000)
  }
  expect(at.fake.requests).toHaveLength(1)
})
