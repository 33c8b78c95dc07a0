import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { replyTo, type Reply } from './replies.ts'
import type { Answer } from './routes.ts'

// Imported as a module, node:http loads the HTTP client that Node has built in, and the shop would start later.
const { createServer } = process.getBuiltinModule('node:http')

export interface ServerOptions {
  readonly answer: (request: IncomingMessage) => Promise<Answer>
  /** How late a slow answer comes. */
  readonly slowMs: number
  /** Aborted when the provider closes: slow answers go out at once, and connections aren't kept. */
  readonly closing: AbortSignal
  readonly log: (line: string) => void
}

export function createHttpServer(options: ServerOptions): Server {
  const server = createServer((request, response) => void serve(options, request, response))
  cutSilentConnections(server, options.closing)
  // Longer than clients keep theirs, or they would send into a connection that is just being closed.
  server.keepAliveTimeout = 65_000
  server.requestTimeout = 10_000
  return server
}

/** Node counts a connection that has asked nothing yet as busy; closing would wait for its client to say something. */
function cutSilentConnections(server: Server, closing: AbortSignal): void {
  const silent = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  server.on('request', (request: IncomingMessage) => silent.delete(request.socket))
  closing.addEventListener('abort', () => silent.forEach((socket) => socket.destroy()))
}

/** Never rejects: whatever happens to a request, it is answered or its connection is cut. */
async function serve(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = await options.answer(request).catch((failure: unknown) => failed(options, request, failure))
  if (answer.manner === 'lost') {
    request.socket.destroy()
    return
  }
  if (answer.manner === 'slow') await waitUnlessClosing(options)
  // The rest of an unread body would be taken for the next request of the connection.
  request.resume()
  send(response, answer, options.closing.aborted)
}

function failed(options: ServerOptions, request: IncomingMessage, failure: unknown): Answer {
  const reply = replyTo(failure)
  // A caller who hung up in mid-body is no failure of ours.
  if (reply.status >= 500 && !request.errored)
    options.log(`${request.method} ${request.url} failed: ${String(failure)}`)
  return reply
}

async function waitUnlessClosing({ slowMs, closing }: ServerOptions): Promise<void> {
  // The only way it can fail is by being cut short, and then the answer is due.
  await sleep(slowMs, undefined, { signal: closing }).catch(() => undefined)
}

function send(response: ServerResponse, { status, body, headers }: Reply, last: boolean): void {
  if (last) response.shouldKeepAlive = false
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}
