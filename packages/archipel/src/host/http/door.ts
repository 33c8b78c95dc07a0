import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Environment } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import { component, type Component } from '../component.ts'
import { sendProblem, type Exchange } from './answer.ts'
import { listen } from './listen.ts'
import { answerMalformed, rawProblem } from './malformed.ts'
import { noHeaders, readHeaders } from './request-headers.ts'
import { parseTarget } from './target.ts'

/** How long a client may take, in milliseconds, counted from the first byte. */
export interface DoorTimeouts {
  /** Until its headers are there. Default: 10,000. */
  readonly headersMs: number
  /** Until its body is there. Default: 20,000. */
  readonly requestMs: number
}

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
  /** How long answers still carry `Connection: close` before idle connections are closed. Default: 200. */
  readonly drainGraceMs?: number | undefined
}

export interface HttpDoor extends Component {
  /** The port that it listens on, once started. */
  readonly port: number
}

const DEFAULT_TIMEOUTS: DoorTimeouts = { headersMs: 10_000, requestMs: 20_000 }
const SETTINGS = {
  connectionsCheckingInterval: 500,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
  insecureHTTPParser: false,
  requireHostHeader: false,
  noDelay: true,
} as const
const MOST_CONNECTIONS = 20_000
const REQUESTS_PER_CONNECTION = 10_000
const CORRELATION_ID = /^[\x21-\x7e]{1,64}$/
const EMPTY_TARGET = { path: '/', query: '' }

function hardened(server: Server): Server {
  server.maxConnections = MOST_CONNECTIONS
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION
  // All of them are read, or the request is refused: a cut set could hide a header. `maxHeaderSize` bounds it.
  server.maxHeadersCount = 0
  return server
}

/** An HTTP/1.1 server that is strict about framing, targets and headers, and that drains without losing a request. */
export function createHttpDoor(options: HttpDoorOptions): HttpDoor {
  const { environment, telemetry } = options
  const { headersMs, requestMs } = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const log = telemetry.log.with({ door: options.name })
  const refusals = telemetry.counter(
    'http_server_refused_total',
    'Requests refused before anybody looked at their target or body',
    ['door'],
  )
  const latest = new WeakMap<Duplex, ServerResponse>()
  let draining = false
  let listening = 0

  function fail(exchange: Exchange, error: unknown): void {
    // Answered already, for example because its deadline passed first.
    if (exchange.response.headersSent) return
    const status = sendProblem(exchange, error)
    if (status < 500) return
    log.error('a request failed', {
      correlationId: exchange.correlationId,
      method: exchange.request.method,
      path: exchange.target.path,
      status,
      error: error instanceof Error ? error : new Error(String(error)),
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

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    latest.set(request.socket, response)
    if (draining) response.shouldKeepAlive = false
    const headers = readHeaders(request.rawHeaders, request.httpVersion)
    const startedAt = environment.clock.monotonic()
    const base = { request, response, startedAt, timers: environment.timers }
    if ('status' in headers) {
      return refuse(
        {
          ...base,
          headers: noHeaders(),
          target: EMPTY_TARGET,
          correlationId: environment.identifiers.next(),
        },
        headers.status,
        headers.message,
      )
    }
    // Nobody upgrades here. What may follow such a request is not read as another one.
    if (headers.upgrade !== undefined) response.shouldKeepAlive = false
    const correlationId = correlationIdOf(headers.correlationId)
    const target = parseTarget(request.url ?? '')
    if (target === undefined) {
      return refuse(
        { ...base, headers: noHeaders(), target: EMPTY_TARGET, correlationId },
        400,
        'the target of the request is not a path in its plain form',
      )
    }
    const exchange: Exchange = {
      request,
      response,
      headers,
      target,
      correlationId,
      startedAt,
      timers: environment.timers,
    }
    try {
      options.handle(exchange)?.catch((error: unknown) => fail(exchange, error))
    } catch (error) {
      fail(exchange, error)
    }
  }

  const server = hardened(
    createServer({ ...SETTINGS, headersTimeout: headersMs, requestTimeout: requestMs }, onRequest),
  )
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // With these listeners a handler decides itself when, and whether, a body may come.
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', onRequest)
  server.on('connect', (_request, socket: Duplex) =>
    socket.end(rawProblem(405, 'this is no proxy', environment.identifiers.next())),
  )
  server.on('clientError', (error: Error, socket: Duplex) => {
    refusals.add(1, options.name)
    answerMalformed(error, socket, latest.get(socket), environment.identifiers.next())
  })

  async function closed(): Promise<void> {
    let open = true
    const done = new Promise<void>((resolve) => server.close(() => resolve()))
    void done.then(() => (open = false))
    while (open) {
      server.closeIdleConnections()
      await Promise.race([done, environment.timers.sleep(50)])
      // A connection that never said anything counts as busy for node:http.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    }
  }

  const life = component(options.name, {
    start: async () => void (listening = await listen(server, options.port, options.host)),
    ready: () => !draining,
    async drain() {
      draining = true
      options.onDrain?.()
      await environment.timers.sleep(options.drainGraceMs ?? 200)
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
