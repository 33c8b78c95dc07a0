import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Environment } from '../../environment/index.ts'
import { asError, frameworkError, isArchipelError } from '../../errors/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import { component, type Component } from '../component.ts'
import { sendProblem, type Exchange } from './answer.ts'
import { hasBody } from './body.ts'
import { listen } from './listen.ts'
import { noHeaders, readHeaders } from './request-headers.ts'
import { createPatience } from './patience.ts'
import { createStrictServer, DEFAULT_TIMEOUTS, type DoorTimeouts } from './server.ts'
import { parseTarget } from './target.ts'

export interface HttpDoorOptions {
  readonly name: string
  readonly environment: Environment
  readonly telemetry: Telemetry
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Answers one request; what it throws is answered as a problem document. */
  handle(exchange: Exchange): Promise<void> | void
  /** Called when draining begins: ends what would otherwise never end. */
  onDrain?(): void
  readonly timeouts?: Partial<DoorTimeouts> | undefined
  /** How long idle connections stay open for a last request, which is answered `Connection: close`. Default: 200. */
  readonly drainGraceMs?: number | undefined
}

export interface HttpDoor extends Component {
  /** The port that it listens on, once started. */
  readonly port: number
}

const GRACE_MS = 200
const CORRELATION_ID = /^[\x21-\x7e]{1,64}$/
const EMPTY_TARGET = { path: '/', query: '' }

/** Whether a service has logged the error of this request, with its cause, and redacted it on its way out. */
function isTold(error: unknown, { correlationId }: Exchange): boolean {
  return (
    isArchipelError(error) &&
    error.code === 'ARC_INTERNAL' &&
    error.details?.['correlationId'] === correlationId
  )
}

/** An HTTP/1.1 server that is strict about framing, targets and headers, and that drains without losing a request. */
export function createHttpDoor(options: HttpDoorOptions): HttpDoor {
  const { environment, telemetry } = options
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const log = telemetry.log.with({ door: options.name })
  const refusals = telemetry.counter(
    'http_server_refused_total',
    'Requests refused before anybody looked at their target or body',
    ['door'],
  )
  let draining = false
  let listening = 0

  function fail(exchange: Exchange, error: unknown): void {
    // Answered already, for example because its deadline passed first.
    if (exchange.response.headersSent) return
    const status = sendProblem(exchange, error)
    if (status < 500 || isTold(error, exchange)) return
    log.error('a request failed', {
      correlationId: exchange.correlationId,
      method: exchange.request.method,
      path: exchange.target.path,
      ...exchange.about,
      status,
      error: asError(error),
    })
  }

  function correlationIdOf(given: string | undefined): string {
    return given !== undefined && CORRELATION_ID.test(given) ? given : environment.identifiers.next()
  }

  function refuse(exchange: Exchange, status: number, message: string): void {
    exchange.response.shouldKeepAlive = false
    refusals.add(1, options.name)
    const error =
      status === 401
        ? frameworkError('ARC_UNAUTHENTICATED', message)
        : frameworkError('ARC_REQUEST_MALFORMED', message)
    sendProblem(exchange, error, [], status)
  }

  /** The exchange of a request whose headers and target are in order; undefined when it was refused. */
  function opened(request: IncomingMessage, response: ServerResponse): Exchange | undefined {
    const { clock, identifiers, timers } = environment
    const base = {
      request,
      response,
      startedAt: clock.monotonic(),
      timers,
      about: {},
      idempotencyKey: undefined,
    }
    const nothing = { headers: noHeaders(), target: EMPTY_TARGET, patience: undefined }
    const headers = readHeaders(request.rawHeaders, request.httpVersion)
    if ('status' in headers) {
      refuse({ ...base, ...nothing, correlationId: identifiers.next() }, headers.status, headers.message)
      return undefined
    }
    const correlationId = correlationIdOf(headers.correlationId)
    const target = parseTarget(request.url ?? '')
    if (target === undefined) {
      refuse({ ...base, ...nothing, correlationId }, 400, 'the target is not a path in its plain form')
      return undefined
    }
    const patience = hasBody(headers) ? createPatience(server, request, timers) : undefined
    patience?.wait(timeouts.requestMs)
    return { ...base, headers, target, correlationId, patience }
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (draining) response.shouldKeepAlive = false
    const exchange = opened(request, response)
    if (exchange === undefined) return
    // Nobody upgrades here. What may follow such a request is not read as another one.
    if (exchange.headers.upgrade !== undefined) response.shouldKeepAlive = false
    try {
      options.handle(exchange)?.catch((error: unknown) => fail(exchange, error))
    } catch (error) {
      fail(exchange, error)
    }
  }

  const { server, stopAccepting, closed } = createStrictServer({
    environment,
    timeouts,
    onRequest,
    onMalformed: () => refusals.add(1, options.name),
  })
  const life = component(options.name, {
    start: async () => void (listening = await listen(server, options.port, options.host)),
    ready: () => !draining,
    async drain() {
      draining = true
      options.onDrain?.()
      // A client that is told `Connection: close` comes back elsewhere, not into a queue that nobody empties.
      const gone = stopAccepting()
      await Promise.race([gone, environment.timers.sleep(options.drainGraceMs ?? GRACE_MS)])
      await closed()
    },
    async close() {
      draining = true
      const done = closed()
      server.closeAllConnections()
      await done
    },
  })
  return {
    ...life,
    get port() {
      return listening
    },
  }
}
