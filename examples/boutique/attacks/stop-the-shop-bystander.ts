import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { Agent, fetch } from 'undici'
import { z } from 'zod'

/**
 * Customers who go on with their day, in a thread of their own: whatever the attacker is busy with, their times are those
 * of the shop. Asked for `report`, it tells how long each answer took since it was asked last.
 */
const { base, token, sku } = z
  .object({ base: z.string(), token: z.string(), sku: z.string() })
  .parse(workerData)
const dispatcher = new Agent({ connections: 8, pipelining: 1 })
const PAUSE_MS = 25
const LONGEST_MS = 10_000

interface Taken {
  readonly what: string
  readonly ms: number
  /** 0: there was no answer. */
  readonly status: number
}

let taken: Taken[] = []
let over = false

async function ask(what: string, path: string, body?: object): Promise<void> {
  const began = performance.now()
  const status = await fetch(base + path, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(what !== 'probe' && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    dispatcher,
    signal: AbortSignal.timeout(LONGEST_MS),
  }).then(
    async (answer) => {
      await answer.arrayBuffer()
      return answer.status
    },
    () => 0,
  )
  taken.push({ what, ms: performance.now() - began, status })
}

async function again(what: string, pauseMs: number, path: string, body?: object): Promise<void> {
  while (!over) {
    await ask(what, path, body)
    await sleep(pauseMs)
  }
}

parentPort?.on('message', (message) => {
  if (message === 'report') {
    parentPort?.postMessage(taken)
    taken = []
  } else over = true
})
const order = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } }
await Promise.all([
  again('probe', 10, '/livez'),
  again('read', PAUSE_MS, '/api/v1/users/me'),
  again('browse', PAUSE_MS, `/api/v1/products/${sku}`),
  again('orders', PAUSE_MS, '/api/v1/orders?limit=5'),
  again('order', 250, '/api/v1/orders', order),
])
await dispatcher.destroy()
process.exit()
