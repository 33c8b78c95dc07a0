import type { CallRequest } from '../call/index.ts'
import type { OperationKind } from '../contract/index.ts'
import type { Environment } from '../environment/index.ts'
import type { Exchange } from '../host/index.ts'
import { isTraceparent, newTraceparent, type Telemetry } from '../telemetry/index.ts'
import type { AnswerOperation } from './call-answers.ts'
import { idempotencyKeys } from './idempotency-keys.ts'
import { identify, metadataOf } from './request-metadata.ts'
import type { Route } from './routes.ts'
import type { Authenticate } from './tokens/jwt-authenticator.ts'

type Serve = (
  exchange: Exchange,
  route: Route,
  parameters: Readonly<Record<string, string | undefined>>,
) => Promise<void>

export interface ServeOptions {
  readonly environment: Environment
  readonly telemetry: Telemetry
  /** Without it, every operation that isn't public answers 401. */
  readonly authenticate?: Authenticate | undefined
}

/** The way of one request whose route is known: who asks, what is asked, the answer of its kind. It is measured. */
export function createServe(
  options: ServeOptions,
  answers: Readonly<Record<OperationKind, AnswerOperation>>,
): Serve {
  const { environment, telemetry, authenticate } = options
  const newTrace = newTraceparent(environment.randomness)
  const newKey = idempotencyKeys(environment.randomness)
  const durations = telemetry.histogram(
    'http_server_request_duration_seconds',
    'Duration of requests at the gateway',
    ['method', 'route', 'status'],
  )
  let active = 0
  telemetry.gauge(
    'http_server_active_requests',
    'Requests at the gateway that have no answer yet',
    [],
    () => [{ value: active, labels: [] }],
  )

  function watch({ response, startedAt }: Exchange, route: Route): void {
    active++
    response.once('close', () => {
      active--
      durations.record(
        (environment.clock.monotonic() - startedAt) / 1_000,
        route.method,
        route.template,
        String(response.statusCode),
      )
    })
  }

  return async (exchange, route, parameters) => {
    const { traceparent } = exchange.headers
    const parent = traceparent !== undefined && isTraceparent(traceparent) ? traceparent : undefined
    const span = telemetry.span(route.label, 'server', parent, route.attributes)
    watch(exchange, route)
    try {
      const identified = identify(exchange, route, authenticate)
      const identity = identified instanceof Promise ? await identified : identified
      const traced = span.traceparent ?? newTrace()
      exchange.about.route = route.label
      exchange.about.traceparent = traced
      const metadata = metadataOf(exchange, route, identity?.principal, traced, newKey)
      exchange.idempotencyKey = metadata.idempotencyKey
      const reading = route.read(exchange, parameters)
      const input = reading instanceof Promise ? await reading : reading
      const request: CallRequest = { service: route.service, operation: route.operation, input, metadata }
      await answers[route.kind](exchange, route, request, span, identity?.endsAtMs)
    } catch (error) {
      span.fail(error)
      throw error
    } finally {
      span.end()
    }
  }
}
