import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, fetch } from 'undici'
import { z } from 'zod'

/** A request that has an answer for good: done, or refused with a problem document. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface Sending {
  readonly key: string
  readonly token?: string
  /** Default: POST. */
  readonly method?: 'POST' | 'PUT' | 'DELETE'
}

export interface ShopClient {
  get(path: string, token?: string): Promise<Answer>
  /** Sends a command until it has an answer, always under the same key: that is all a client must do to lose nothing. */
  send(path: string, body: unknown, options: Sending): Promise<Answer>
  /** Requests that had no answer and were sent again. */
  readonly repeats: number
  close(): Promise<void>
}

const Problem = z.object({ code: z.string() })
const LONGEST_TRY_MS = 15_000

/** @param base where the shop answers, such as `http://127.0.0.1:3000/api/v1`. @param patienceMs when to give up on an answer. */
export function createShopClient(base: string, patienceMs: number): ShopClient {
  const dispatcher = new Agent({ connections: 64, pipelining: 1 })
  let repeats = 0

  async function once(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<Answer> {
    const response = await fetch(base + path, {
      method,
      headers,
      dispatcher,
      signal: AbortSignal.timeout(LONGEST_TRY_MS),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }

  async function untilAnswered(ask: () => Promise<Answer>, what: string): Promise<Answer> {
    const giveUpAt = performance.now() + patienceMs
    for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 1_000)) {
      const answer = await ask().catch((failure: unknown) => failure)
      if (isAnswer(answer) && isForGood(answer)) return answer
      if (performance.now() > giveUpAt) throw new Error(`${what}: no answer for good`, { cause: answer })
      repeats++
      await sleep(waitMs)
    }
  }

  return {
    get: (path, token) => untilAnswered(() => once('GET', path, credentials(token)), `GET ${path}`),
    send: (path, body, { key, token, method = 'POST' }) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': key, ...credentials(token) }
      return untilAnswered(() => once(method, path, headers, body), `${method} ${path}`)
    },
    get repeats() {
      return repeats
    },
    close: () => dispatcher.destroy(),
  }
}

function credentials(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'status' in value && 'body' in value
}

/** Not one that says "ask again": those are 5xx, 429, and a key that is still at work. */
function isForGood({ status, body }: Answer): boolean {
  if (status >= 500 || status === 429 || status === 408 || status === 499) return false
  const problem = Problem.safeParse(body)
  return !(status === 409 && problem.success && problem.data.code === 'ARC_KEY_IN_PROGRESS')
}
