import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { z } from 'zod'
import { EXIT, ImportFailure } from '../import-failure.ts'

/** The shop's public door for one trader: every request is sent until it has an answer for good. */
export interface TradeClient {
  /** A query. @returns the body of its answer. @throws ImportFailure */
  get(path: string): Promise<unknown>
  /**
   * A command, under a key that is made of its name and its content: sent again, by this process or a later one, it is
   * done once.
   * @param name what it is about in the file's own words, such as `order/536365`.
   * @throws ImportFailure
   */
  send(path: string, name: string, body: unknown): Promise<Answer>
  /** Requests that had no answer for good and were sent again. */
  repeats(): number
  close(): Promise<void>
}

export type Answer = { readonly done: true; readonly body: unknown } | (Refusal & { readonly done: false })

/** The shop understood and said no: asking again would not help. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly details: unknown
}

export interface TradeClientOptions {
  /** Such as `http://127.0.0.1:3000`. */
  readonly target: string
  readonly email: string
  readonly password: string
  /** Requests that are open at once. */
  readonly connections: number
  /** How long a request is sent again and again before the import gives up, in milliseconds. Default: two minutes. */
  readonly patienceMs?: number | undefined
}

interface Reply {
  readonly status: number
  readonly retryAfterMs: number
  readonly body: unknown
}

interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly key?: string
  readonly token?: string
}

const Session = z.object({ token: z.string() })
const Problem = z.object({ code: z.string(), detail: z.string().optional(), details: z.unknown().optional() })

const PREFIX = '/api/v1'
const PATIENCE_MS = 120_000
/** A little more than the shop gives to a request. */
const LONGEST_TRY_MS = 15_000
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 5_000
/** The clock of a shop may jump while somebody signs in; who is no trader is told so in the end. */
const MOST_RENEWALS = 4

export function createTradeClient(options: TradeClientOptions): TradeClient {
  const { target, connections, patienceMs = PATIENCE_MS } = options
  const pool = new Pool(new URL(target).origin, { connections, pipelining: 1 })
  let repeats = 0
  let signedIn: Promise<string> | undefined

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
  async function untilAnswered(request: Request): Promise<Reply> {
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

  async function signIn(): Promise<string> {
    const { email, password } = options
    const reply = await untilAnswered({
      method: 'POST',
      path: '/sessions',
      body: JSON.stringify({ email, password }),
    })
    if (reply.status !== 201)
      throw new ImportFailure(EXIT.notAllowed, `${email} can't sign in at ${target}: ${problemText(reply)}`)
    return Session.parse(reply.body).token
  }

  /** Tokens are good for an hour; when one has run out, the first who is told so signs in for all. */
  async function signedInAs(request: Request): Promise<Reply> {
    for (let renewals = 0; ; renewals++) {
      const session = (signedIn ??= signIn())
      const reply = await untilAnswered({ ...request, token: await session })
      if (reply.status !== 401 || renewals === MOST_RENEWALS) return allowed(reply)
      if (signedIn === session) signedIn = undefined
    }
  }

  function allowed(reply: Reply): Reply {
    if (reply.status !== 401 && reply.status !== 403) return reply
    throw new ImportFailure(
      EXIT.notAllowed,
      `${options.email} may not import at ${target}: ${problemText(reply)}; it needs the role trade`,
    )
  }

  return {
    async get(path) {
      const reply = await signedInAs({ method: 'GET', path })
      if (reply.status === 200) return reply.body
      throw new ImportFailure(EXIT.bug, `GET ${path} was answered ${reply.status}: ${problemText(reply)}`)
    },
    async send(path, name, content) {
      const body = JSON.stringify(content)
      const reply = await signedInAs({ method: 'POST', path, body, key: keyOf(name, body) })
      if (reply.status < 300) return { done: true, body: reply.body }
      const problem = Problem.safeParse(reply.body)
      if (!problem.success)
        throw new ImportFailure(
          EXIT.bug,
          `POST ${path} was answered ${reply.status}: is ${target} a boutique?`,
        )
      const { code, detail = '', details } = problem.data
      return { done: false, code, message: detail, details }
    },
    repeats: () => repeats,
    close: () => pool.destroy(),
  }
}

/** By content too: what another file says about the same thing is another command. */
function keyOf(name: string, body: string): string {
  return `import/${encodeURIComponent(name)}/${createHash('sha256').update(body).digest('hex').slice(0, 32)}`
}

function isForGood({ status, body }: Reply): boolean {
  if (status >= 500 || status === 429 || status === 408 || status === 499) return false
  const problem = Problem.safeParse(body)
  return !(status === 409 && problem.success && problem.data.code === 'ARC_KEY_IN_PROGRESS')
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

function problemText({ status, body }: Reply): string {
  const problem = Problem.safeParse(body)
  return problem.success
    ? `${status} ${problem.data.code} ${problem.data.detail ?? ''}`.trim()
    : String(status)
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
