import type { CallRequest, Transport } from '../call/index.ts'
import type { Environment } from '../environment/index.ts'
import { JSON_TYPE, send, sendProblem, type Exchange } from '../host/index.ts'
import type { Log, Span } from '../telemetry/index.ts'
import { deadlineMs, requestBounds } from './request-bounds.ts'
import type { Route } from './routes.ts'

export interface CallAnswersOptions {
  readonly transport: Transport
  readonly environment: Environment
  readonly log: Log
  readonly deadlineMs: number
}

/** Answers one query or command. */
export type AnswerCall = (exchange: Exchange, route: Route, request: CallRequest, span: Span) => Promise<void>

export const NO_STORE: readonly string[] = ['Cache-Control', 'no-store']
const REVALIDATE: readonly string[] = ['Cache-Control', 'no-cache', 'Vary', 'Authorization']

/** Only what anybody may read, and was asked for without credentials, may stay in a cache at all. */
function cachingOf(route: Route, request: CallRequest): readonly string[] {
  return route.public && route.kind === 'query' && request.metadata.principal === undefined
    ? REVALIDATE
    : NO_STORE
}

function headersOf(route: Route, request: CallRequest, output: unknown): string[] {
  const { idempotencyKey, traceparent } = request.metadata
  const headers = ['Traceparent', traceparent ?? '', ...cachingOf(route, request)]
  if (idempotencyKey !== undefined) headers.push('Idempotency-Key', idempotencyKey)
  const location = route.location?.(output)
  if (location !== undefined) headers.push('Location', location)
  return headers
}

export function createCallAnswers(options: CallAnswersOptions): AnswerCall {
  const { transport, environment, log } = options
  return async (exchange, route, request, span) => {
    const { response, headers } = exchange
    const effect = route.kind === 'query' ? 'none' : 'unknown'
    const spentMs = environment.clock.monotonic() - exchange.startedAt
    const withinMs = Math.max(1, deadlineMs(headers.deadline, options.deadlineMs) - spentMs)
    const bounds = requestBounds(environment, withinMs, effect, (error) => {
      span.fail(error)
      sendProblem(exchange, error)
      log.warn('a request ran out of time', {
        correlationId: request.metadata.correlationId,
        route: route.label,
      })
    })
    response.once('close', () => {
      if (!response.writableFinished) bounds.cancel()
    })
    try {
      const output = await transport.call(request, bounds)
      send(
        exchange,
        route.status,
        JSON_TYPE,
        JSON.stringify(output ?? null),
        headersOf(route, request, output),
      )
    } finally {
      bounds.finish()
    }
  }
}
