import type { CallRequest, Transport } from '../call/index.ts'
import type { Environment } from '../environment/index.ts'
import { JSON_TYPE, namesEntityTag, send, sendEmpty, sendProblem, type Exchange } from '../host/index.ts'
import type { Log, Span } from '../telemetry/index.ts'
import { entityTagOf } from './caching.ts'
import { deadlineMs, requestBounds } from './request-bounds.ts'
import type { Route } from './routes.ts'

export interface CallAnswersOptions {
  readonly transport: Transport
  readonly environment: Environment
  readonly log: Log
  readonly deadlineMs: number
}

/** Answers one request of an operation, whose credentials hold until `endsAtMs`, if it has any. */
export type AnswerOperation = (
  exchange: Exchange,
  route: Route,
  request: CallRequest,
  span: Span,
  endsAtMs?: number,
) => Promise<void>

function headersOf(route: Route, request: CallRequest, output: unknown): string[] {
  const { idempotencyKey, traceparent } = request.metadata
  const headers = ['Traceparent', traceparent ?? '', ...route.caching(request.metadata)]
  if (idempotencyKey !== undefined) headers.push('Idempotency-Key', idempotencyKey)
  const location = route.location?.(output)
  if (location !== undefined) headers.push('Location', location)
  return headers
}

/** Sends the output, or, to who has it already, only that. */
function sendOutput(exchange: Exchange, route: Route, request: CallRequest, output: unknown): void {
  const body = JSON.stringify(output ?? null)
  const headers = headersOf(route, request, output)
  if (route.tagged) {
    const entityTag = entityTagOf(body)
    headers.push('ETag', entityTag)
    if (namesEntityTag(exchange.headers.ifNoneMatch, entityTag)) return sendEmpty(exchange, 304, headers)
  }
  send(exchange, route.status, JSON_TYPE, body, headers)
}

/** Answers queries, commands and, once their bytes are on their way, uploads. */
export function createCallAnswers(options: CallAnswersOptions): AnswerOperation {
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
      sendOutput(exchange, route, request, output)
    } finally {
      bounds.finish()
    }
  }
}
