import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Timers } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { hasBody } from './body.ts'
import { problemOf } from './problem.ts'
import type { Patience } from './patience.ts'
import type { RequestHeaders } from './request-headers.ts'
import type { Target } from './target.ts'

/** One request and its answer, after the headers and the target were found to be in order. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly headers: RequestHeaders
  readonly target: Target
  readonly correlationId: string
  /** A reading of the monotonic clock. */
  readonly startedAt: number
  readonly timers: Timers
  /** How long its body is waited for; undefined: there is none. */
  readonly patience: Patience | undefined
  /** What is known of the request by now, for a log line about it. */
  readonly about: { route?: string; traceparent?: string }
  /** The key that makes it the same command when it is repeated: its refusal is an answer of that key, too. */
  idempotencyKey: string | undefined
}

/** Headers of every answer: it is data, for nobody's cache, and no browser shall run, guess or frame it. */
const ALWAYS: readonly string[] = [
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy',
  'no-referrer',
  'Cross-Origin-Resource-Policy',
  'same-origin',
]

export const JSON_TYPE = 'application/json; charset=utf-8'
export const PROBLEM_TYPE = 'application/problem+json'

/** A body that was refused is still read, up to these bounds, so that its sender reads the answer and no reset. */
const LINGER_BYTES = 8 * 1_048_576
const LINGER_MS = 1_000
/** A body of at most this many bytes is simply read to its end, and the connection lives on. */
const SMALL_BODY = 65_536

export type Headers = readonly string[]

/** The headers of one answer, as the flat list that node:http writes without looking at it again. */
export function answerHeaders(
  exchange: Pick<Exchange, 'correlationId'>,
  contentType: string,
  length: number | undefined,
  further: Headers,
): string[] {
  const headers = [...ALWAYS, 'X-Correlation-ID', exchange.correlationId, 'Content-Type', contentType]
  if (length !== undefined) headers.push('Content-Length', String(length))
  if (further.length > 0) headers.push(...further)
  return headers
}

function endAfterLinger({ request, response, timers }: Exchange, body: string): void {
  let read = 0
  const timer = timers.after(LINGER_MS, () => end())
  const end = () => {
    timer.cancel()
    response.end()
  }
  response.write(body)
  request.on('data', (chunk: Buffer) => {
    read += chunk.length
    if (read > LINGER_BYTES) end()
  })
  request.once('end', end).once('close', end)
}

/** Whether bytes of the request may still come although its answer is ready. */
function unread(exchange: Exchange): boolean {
  return hasBody(exchange.headers) && !exchange.request.complete
}

/** Sends a whole answer. Does nothing when the answer has begun already. */
export function send(
  exchange: Exchange,
  status: number,
  contentType: string,
  body: string,
  further: Headers = [],
): void {
  const { response, headers } = exchange
  if (response.headersSent || response.destroyed) return
  const flat = answerHeaders(exchange, contentType, Buffer.byteLength(body), further)
  if (!unread(exchange)) {
    response.writeHead(status, flat).end(body)
    return
  }
  const small = headers.contentLength !== undefined && Number(headers.contentLength) <= SMALL_BODY
  if (small && headers.expect === undefined) {
    response.writeHead(status, flat).end(body)
    return
  }
  response.shouldKeepAlive = false
  response.writeHead(status, flat)
  if (headers.expect === undefined) endAfterLinger(exchange, body)
  else response.end(body)
}

/** Sends no body at all. */
export function sendEmpty(exchange: Exchange, status: number, further: Headers = []): void {
  if (exchange.response.headersSent || exchange.response.destroyed) return
  exchange.response
    .writeHead(status, [...ALWAYS, 'X-Correlation-ID', exchange.correlationId, ...further])
    .end()
}

/** Sends the problem document of an error. @returns the status that was sent. */
export function sendProblem(
  exchange: Exchange,
  error: unknown,
  further: Headers = [],
  status?: number,
): number {
  const problem = problemOf(error, exchange.correlationId, status)
  const retry =
    problem.retryAfterMs === undefined
      ? []
      : ['Retry-After', String(Math.max(1, Math.ceil(problem.retryAfterMs / 1_000)))]
  const challenge = problem.status === 401 ? ['WWW-Authenticate', challengeTo(exchange)] : []
  const key = exchange.idempotencyKey === undefined ? [] : ['Idempotency-Key', exchange.idempotencyKey]
  send(exchange, problem.status, PROBLEM_TYPE, JSON.stringify(problem.body), [
    'Cache-Control',
    'no-store',
    ...retry,
    ...challenge,
    ...key,
    ...further,
  ])
  return problem.status
}

/** By RFC 6750: who sent a token and reads this gets a new one, or asks again without. */
function challengeTo({ headers }: Exchange): string {
  return headers.authorization === undefined ? 'Bearer' : 'Bearer error="invalid_token"'
}

/** 405, with the methods that the path has. */
export function sendMethodNotAllowed(exchange: Exchange, allowed: readonly string[]): void {
  const methods = allowed.join(', ')
  sendProblem(
    exchange,
    frameworkError('ARC_METHOD_NOT_ALLOWED', `use ${methods}`, { details: { allowed } }),
    ['Allow', methods],
  )
}
