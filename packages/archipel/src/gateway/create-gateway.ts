import type { CallMetadata, CallRequest, Principal, Transport } from '../call/index.ts'
import type { Contract } from '../contract/index.ts'
import type { Environment } from '../environment/index.ts'
import { frameworkError, type JsonObject } from '../errors/index.ts'
import {
  answerLive,
  answerReady,
  createHttpDoor,
  JSON_TYPE,
  send,
  sendEmpty,
  sendMethodNotAllowed,
  sendProblem,
  type Exchange,
  type HttpDoor,
} from '../host/index.ts'
import { isTraceparent, newTraceparent, type Span, type Telemetry } from '../telemetry/index.ts'
import { serveEventStream } from './event-stream.ts'
import { idempotencyKeys } from './idempotency-keys.ts'
import type { GatewayDefinition } from './options.ts'
import { deadlineMs, requestBounds } from './request-bounds.ts'
import { createRoutes, type Route } from './routes.ts'
import type { Authenticate } from './tokens/jwt-authenticator.ts'

export interface CreateGatewayOptions {
  readonly contracts: readonly Contract[]
  readonly transport: Transport
  readonly environment: Environment
  readonly telemetry: Telemetry
  readonly definition: GatewayDefinition
  /** Without it, every operation that isn't public answers 401. */
  readonly authenticate?: Authenticate | undefined
  /** Served as `/openapi.json`. */
  readonly openApi: JsonObject
  /** Whether the host takes work: `/readyz`. */
  readonly ready: () => boolean
  readonly host: string
  readonly port: number
  readonly drainGraceMs?: number | undefined
}

/** An open stream ends after this time; its client comes again, with a token that is checked anew. */
const STREAM_LIFE_MS = 3_600_000
const LAST_EVENT_ID = /^[\x21-\x7e]{1,200}$/
const NO_STORE: readonly string[] = ['Cache-Control', 'no-store']
const REVALIDATE: readonly string[] = ['Cache-Control', 'no-cache', 'Vary', 'Authorization']

/** The public port of an application: the operations of its contracts over HTTP, and nothing else. */
export function createGateway(options: CreateGatewayOptions): HttpDoor {
  const { environment, telemetry, transport, definition, authenticate } = options
  const { limits, prefix } = definition
  const routes = createRoutes(options.contracts, prefix, { bodyBytes: limits.bodyBytes, json: { depth: limits.jsonDepth, members: 20_000 } })
  const openApi = JSON.stringify(options.openApi)
  const newTrace = newTraceparent(environment.randomness)
  const newKey = idempotencyKeys(environment.randomness)
  const durations = telemetry.histogram('http_server_request_duration_seconds', 'Duration of requests at the gateway', ['method', 'route', 'status'])
  const streams = new Set<AbortController>()
  let active = 0
  telemetry.gauge('http_server_active_requests', 'Requests at the gateway that have no answer yet', [], () => [{ value: active, labels: [] }])
  telemetry.gauge('http_server_open_streams', 'Streams that are open at the gateway', [], () => [{ value: streams.size, labels: [] }])

  function identify({ headers }: Exchange, route: Route): Principal | undefined | Promise<Principal> {
    const { authorization } = headers
    if (authorization !== undefined && authenticate !== undefined) return authenticate(authorization)
    if (authorization === undefined && route.public) return undefined
    throw frameworkError('ARC_UNAUTHENTICATED', authorization === undefined ? 'this operation needs a token' : 'tokens are not accepted here')
  }

  function metadataOf(exchange: Exchange, route: Route, principal: Principal | undefined, traceparent: string): CallMetadata {
    const { headers, correlationId } = exchange
    const idempotencyKey = route.kind === 'command' ? newKey(headers.idempotencyKey) : undefined
    const common = { caller: 'gateway', principal, idempotencyKey, correlationId, traceparent, undoes: undefined }
    if (route.kind !== 'stream' || headers.lastEventId === undefined) return common
    if (!LAST_EVENT_ID.test(headers.lastEventId)) throw frameworkError('ARC_REQUEST_MALFORMED', 'Last-Event-ID must be 1 to 200 visible ASCII characters')
    return { ...common, lastEventId: headers.lastEventId }
  }

  async function answerCall(exchange: Exchange, route: Route, request: CallRequest, span: Span): Promise<void> {
    const { response, headers } = exchange
    const bounds = requestBounds(environment, deadlineMs(headers.deadline, limits.deadlineMs), (error) => {
      span.fail(error)
      sendProblem(exchange, error)
      telemetry.log.warn('a request ran out of time', { correlationId: request.metadata.correlationId, route: route.label })
    })
    const cancel = () => {
      if (!response.writableFinished) bounds.cancel()
    }
    response.once('close', cancel)
    try {
      const output = await transport.call(request, bounds)
      const location = route.location?.(output)
      const { idempotencyKey, principal, traceparent } = request.metadata
      const further = ['Traceparent', traceparent ?? '', ...(route.public && principal === undefined && route.kind === 'query' ? REVALIDATE : NO_STORE)]
      if (idempotencyKey !== undefined) further.push('Idempotency-Key', idempotencyKey)
      if (location !== undefined) further.push('Location', location)
      send(exchange, route.status, JSON_TYPE, JSON.stringify(output ?? null), further)
    } finally {
      bounds.finish()
    }
  }

  async function answerStream(exchange: Exchange, request: CallRequest): Promise<void> {
    if (streams.size >= limits.streams) throw frameworkError('ARC_LIMITED', 'too many streams are open', { retryAfterMs: 5_000 })
    if (exchange.request.method === 'HEAD') return sendEmpty(exchange, 200, ['Content-Type', 'text/event-stream', ...NO_STORE])
    const controller = new AbortController()
    const end = () => controller.abort(frameworkError('ARC_CANCELLED', 'the stream ended'))
    const timer = environment.timers.after(STREAM_LIFE_MS, end)
    streams.add(controller)
    exchange.response.once('close', end)
    try {
      const bounds = { deadlineAt: environment.clock.monotonic() + STREAM_LIFE_MS, signal: controller.signal }
      const items = transport.stream(request, bounds)
      const headers = ['Traceparent', request.metadata.traceparent ?? '']
      await serveEventStream({ exchange, items, signal: controller.signal, heartbeatMs: limits.heartbeatMs, headers })
    } finally {
      timer.cancel()
      streams.delete(controller)
      controller.abort()
    }
  }

  async function serve(exchange: Exchange, route: Route, parameters: Readonly<Record<string, string | undefined>>): Promise<void> {
    const { traceparent } = exchange.headers
    const parent = traceparent !== undefined && isTraceparent(traceparent) ? traceparent : undefined
    const span = telemetry.span(route.label, 'server', parent, route.attributes)
    active++
    exchange.response.once('close', () => {
      active--
      durations.record((environment.clock.monotonic() - exchange.startedAt) / 1_000, route.method, route.template, String(exchange.response.statusCode))
    })
    try {
      const identified = identify(exchange, route)
      const principal = identified instanceof Promise ? await identified : identified
      const metadata = metadataOf(exchange, route, principal, span.traceparent ?? newTrace())
      const reading = route.read(exchange, parameters)
      const input = reading instanceof Promise ? await reading : reading
      const request: CallRequest = { service: route.service, operation: route.operation, input, metadata }
      if (route.kind === 'stream') await answerStream(exchange, request)
      else await answerCall(exchange, route, request, span)
    } catch (error) {
      span.fail(error)
      throw error
    } finally {
      span.end()
    }
  }

  const fixed = new Map<string, (exchange: Exchange) => void>([
    ['/openapi.json', (exchange) => send(exchange, 200, JSON_TYPE, openApi, ['Cache-Control', 'no-cache'])],
    ['/livez', answerLive],
    ['/readyz', (exchange) => answerReady(exchange, options.ready())],
  ])

  function answerUnrouted(exchange: Exchange): void {
    const { path } = exchange.target
    const answer = fixed.get(path)
    const allowed = answer === undefined ? routes.allowed(path) : ['GET', 'HEAD']
    const { method = '' } = exchange.request
    if (answer !== undefined && allowed.includes(method)) answer(exchange)
    else if (allowed.length > 0) sendMethodNotAllowed(exchange, allowed)
    else throw frameworkError('ARC_NO_ROUTE', `nothing is served at ${path.slice(0, 200)}`)
  }

  return createHttpDoor({
    name: 'gateway',
    environment,
    log: telemetry.log,
    host: options.host,
    port: options.port,
    drainGraceMs: options.drainGraceMs,
    onDrain() {
      for (const controller of streams) controller.abort(frameworkError('ARC_CANCELLED', 'the host is stopping'))
    },
    handle(exchange) {
      const match = routes.find(exchange.request.method ?? '', exchange.target.path)
      return match === undefined ? answerUnrouted(exchange) : serve(exchange, match.route, match.parameters)
    },
  })
}
