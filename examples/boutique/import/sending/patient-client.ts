import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { z } from 'zod'
import { EXIT, ImportFailure } from '../import-failure.ts'

/** Sends every request until it has an answer for good. */
export interface PatientClient {
  /** @throws ImportFailure when the shop gave none for too long. */
  ask(request: Request): Promise<Reply>
  /** Requests that had no answer for good and were sent again. */
  repeats(): number
  close(): Promise<void>
}

export interface PatientClientOptions {
  /** Such as `http://127.0.0.1:3000`. */
  readonly target: string
  /** Requests that are open at once. */
  readonly connections: number
  /** How long a request is sent again and again before the import gives up, in milliseconds. Default: two minutes. */
  readonly patienceMs?: number | undefined
}

export interface Reply {
  readonly status: number
  readonly retryAfterMs: number
  readonly body: unknown
}

export interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly key?: string
  readonly token?: string
}

const Problem = z.object({ code: z.string(), detail: z.string().optional(), details: z.unknown().optional() })

const PREFIX = '/api/v1'
const PATIENCE_MS = 120_000
/** A little more than the shop gives to a request. */
const LONGEST_TRY_MS = 15_000
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 5_000

export function createPatientClient(options: PatientClientOptions): PatientClient {
  const { target, connections, patienceMs = PATIENCE_MS } = options
  const pool = new Pool(new URL(target).origin, { connections, pipelining: 1 })
  let repeats = 0

  async function once({ method, path, body, key, token }: Request): Promise<Reply> {
    const response = await pool.request({
      method,
      path: PREFIX + path,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: body ?? null,
      signal: AbortSignal.timeout(LONGEST_TRY_MS),
    })
    const text = await response.body.text()
    return {
      status: response.statusCode,
      retryAfterMs: retryAfterMs(response.headers['retry-after']),
      body: jsonOf(text),
    }
  }

  /** Waits longer from try to try, by a random part so that many don't come back at once; what the shop says is the least. */
  async function ask(request: Request): Promise<Reply> {
    const what = `${request.method} ${request.path}`
    const giveUpAt = performance.now() + patienceMs
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      const reply = await once(request).catch(toError)
      if (!(reply instanceof Error) && isForGood(reply)) return reply
      const pauseMs = Math.max(reply instanceof Error ? 0 : reply.retryAfterMs, waitMs * Math.random())
      if (performance.now() + pauseMs > giveUpAt) throw gaveUp(what, reply)
      repeats++
      await sleep(pauseMs)
    }
  }

  function gaveUp(what: string, last: Reply | Error): ImportFailure {
    const said = last instanceof Error ? last.message : problemText(last)
    return new ImportFailure(
      EXIT.unavailable,
      `the shop at ${target} gives no answer to ${what} (${said}); start again when it runs: it goes on where it was`,
    )
  }

  return { ask, repeats: () => repeats, close: () => pool.destroy() }
}

function isForGood(reply: Reply): boolean {
  const { status } = reply
  if (status >= 500 || status === 429 || status === 408 || status === 499) return false
  return !(status === 409 && problemIn(reply)?.code === 'ARC_KEY_IN_PROGRESS')
}

/** Seconds or a date, as RFC 9110 has it. */
function retryAfterMs(header: string | string[] | undefined): number {
  const text = Array.isArray(header) ? header[0] : header
  if (text === undefined) return 0
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : 0
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** What a refusal says, where it is one of the shop's. */
export function problemIn({ body }: Reply): z.infer<typeof Problem> | undefined {
  return Problem.safeParse(body).data
}

export function problemText(reply: Reply): string {
  const problem = problemIn(reply)
  return problem === undefined
    ? String(reply.status)
    : `${reply.status} ${problem.code} ${problem.detail ?? ''}`.trim()
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
