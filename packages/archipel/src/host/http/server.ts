import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Environment } from '../../environment/index.ts'
import { answerMalformed, rawProblem } from './malformed.ts'
import { createServer } from './node-http.ts'
import { createTurns } from './turns.ts'

/** How long a client may take, in milliseconds, counted from the first byte. */
export interface DoorTimeouts {
  /** Until its headers are there. Default: 10,000. */
  readonly headersMs: number
  /** Until its body is there; of an upload, until the next piece of it is there. Default: 20,000. */
  readonly requestMs: number
  /** Until the whole body of an upload is there. Default: 600,000. */
  readonly uploadMs: number
  /** Until some more of an answer is read that waits for its reader. Default: 60,000. */
  readonly stallMs: number
}

export interface StrictServerOptions {
  readonly environment: Environment
  readonly timeouts: DoorTimeouts
  onRequest(request: IncomingMessage, response: ServerResponse): void
  /** Called for what isn't HTTP/1.1 at all, which is answered here. */
  onMalformed(): void
}

export interface StrictServer {
  readonly server: Server
  /** From now on connections are refused; those that are open live on. Resolves when the last one is gone. */
  stopAccepting(): Promise<void>
  /** Accepts nothing more, closes idle connections, and resolves when the last one is gone. */
  closed(): Promise<void>
}

export const DEFAULT_TIMEOUTS: DoorTimeouts = {
  headersMs: 10_000,
  requestMs: 20_000,
  uploadMs: 600_000,
  stallMs: 60_000,
}
const SETTINGS = {
  connectionsCheckingInterval: 500,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
  insecureHTTPParser: false,
  // Checked with the other headers, so that the refusal is a problem document.
  requireHostHeader: false,
  noDelay: true,
} as const
const SILENCE_MS = 1_000
/** How long a connection that was answered is kept for the client's next request while the door closes. */
const LINGER_MS = 400
const LOOK_EVERY_MS = 20
const MOST_CONNECTIONS = 20_000
const REQUESTS_PER_CONNECTION = 10_000

/** node:http with every limit set, and an answer for what its parser refuses. */
export function createStrictServer(options: StrictServerOptions): StrictServer {
  const { environment, onRequest } = options
  const { headersMs, requestMs, uploadMs, stallMs } = options.timeouts
  // The time of a body that is no upload is watched where the request is known: see `Patience`.
  const requestTimeout = Math.max(requestMs, uploadMs)
  const settings = { ...SETTINGS, headersTimeout: headersMs, requestTimeout }
  const turns = createTurns()
  /** The open connections, each as it was when it came or was last answered. */
  const sockets = new Map<Socket, { readonly since: number; readonly read: number }>()
  /** Found quiet at the last look. */
  let quiet: ReadonlySet<Socket> = new Set()
  const restingAt = (read: number) => ({ since: environment.clock.monotonic(), read })

  function noted(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    response.once('close', () => {
      // What came behind it is still to be answered.
      if (sockets.has(socket) && turns.latest(socket) === response)
        sockets.set(socket, restingAt(socket.bytesRead))
    })
    // From when all of an answer is there, only its reader can be slow.
    response.once('prefinish', () => socket.setTimeout(stallMs))
    turns.take(request, response, () => {
      socket.setTimeout(0)
      onRequest(request, response)
    })
  }

  const server = createServer(settings, noted)
  server.maxConnections = MOST_CONNECTIONS
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION
  // All of them are read, or the request is refused: a cut set could hide a header. `maxHeaderSize` bounds it.
  server.maxHeadersCount = 0
  server.on('connection', (socket: Socket) => {
    sockets.set(socket, restingAt(0))
    socket.once('close', () => sockets.delete(socket))
  })
  // With these listeners a handler decides itself when, and whether, a body may come.
  server.on('checkContinue', noted)
  server.on('checkExpectation', noted)
  server.on('connect', (_request, socket: Duplex) =>
    socket.end(rawProblem(405, 'this is no proxy', environment.identifiers.next())),
  )
  server.on('clientError', (error: Error, socket: Duplex) => {
    options.onMalformed()
    turns.atLatest(socket, () =>
      answerMalformed(error, socket, turns.latest(socket), environment.identifiers.next()),
    )
  })

  /** On a connection that just came, or was just answered, the next request may be under way: it still has a moment. */
  function closeQuiet(): void {
    const now = environment.clock.monotonic()
    const found = new Set<Socket>()
    for (const [socket, { since, read }] of sockets) {
      const isAnswered = turns.latest(socket)?.closed === true
      // Whoever has begun to speak is listened to.
      if (socket.bytesRead !== read || now - since <= (isAnswered ? LINGER_MS : SILENCE_MS)) continue
      // What arrived while this process was busy is read between two looks.
      if (quiet.has(socket)) socket.destroy()
      else found.add(socket)
    }
    quiet = found
  }

  let stopped: Promise<void> | undefined

  function stopAccepting(): Promise<void> {
    stopped ??= new Promise((resolve) => {
      // Not http's own close(): that would at once cut idle connections, on which a request may be under way.
      NetServer.prototype.close.call(server, () => resolve())
    })
    return stopped
  }

  return {
    server,
    stopAccepting,
    async closed() {
      let open = true
      const done = stopAccepting().then(() => (open = false))
      while (open) {
        closeQuiet()
        await Promise.race([done, environment.timers.sleep(LOOK_EVERY_MS)])
      }
      // Nothing is open any more; this ends the timer that watches the timeouts.
      server.close()
    },
  }
}
