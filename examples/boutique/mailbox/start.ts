import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { PoolConfig } from 'pg'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import { mannerOf } from './manners.ts'
import { openStore, type MessageStore } from './store.ts'

export interface MailboxOptions {
  /** The database that messages are kept in, in a schema `mailbox` of its own. */
  readonly connection: string | PoolConfig
  /** 0 takes any free port. */
  readonly port: number
  /** How many messages stay, default 20,000; older ones go. */
  readonly limit?: number
  /** Told of failures, one line each. Default: silent. */
  readonly log?: (line: string) => void
  readonly now?: () => Date
}

export interface Mailbox extends Pick<MessageStore, 'list' | 'find'> {
  /** What `SMTP_URL` would be. */
  readonly url: string
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const LARGEST_BYTES = 1024 * 1024
const GRACE_MS = 2_000

/** Starts an SMTP server that delivers nothing: it keeps what comes. Rejects, holding nothing, if it can't. */
export async function startMailbox(options: MailboxOptions): Promise<Mailbox> {
  const { connection, port, limit = 20_000, log = () => undefined, now = () => new Date() } = options
  const store = await openStore({ connection, limit, now, log })
  const server = createServer(store, log)
  try {
    server.listen(port, HOST)
    await once(server.server, 'listening')
  } catch (error) {
    await store.close()
    throw error
  }
  const address = server.server.address()
  const listening = typeof address === 'object' && address ? address.port : port
  let closed: Promise<void> | undefined
  return {
    url: `smtp://${HOST}:${listening}`,
    list: store.list,
    find: store.find,
    close: () => (closed ??= stop(server, store)),
  }
}

function createServer(store: MessageStore, log: (line: string) => void): SMTPServer {
  const sockets = new Map<number, Socket>()
  const cut = (session: SMTPServerSession) => sockets.get(session.remotePort)?.destroy()
  const oddOnce = onceForEach()
  const server = new SMTPServer({
    banner: 'a mailbox for trying things out',
    // It listens on the loopback address alone and keeps no secrets: nobody signs in, nothing is encrypted.
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: LARGEST_BYTES,
    closeTimeout: GRACE_MS,
    onRcptTo({ address }, session, answer) {
      const manner = mannerOf(address)
      if (manner === 'refused') return answer(reply(550, 'there is no such mailbox'))
      if (manner === 'greylisted' && oddOnce(address)) return answer(reply(451, 'come again later'))
      if (manner === 'cut' && oddOnce(address)) return void cut(session)
      return answer()
    },
    onData(stream, session, answer) {
      const { mailFrom, rcptTo } = session.envelope
      const to = rcptTo.map(({ address }) => address)
      const from = mailFrom ? mailFrom.address : ''
      readAll(stream)
        .then((raw) => {
          if (stream.sizeExceeded) throw reply(552, 'the message is too large')
          return store.keep({ from, to, raw })
        })
        .then(
          () => (to.some((address) => mannerOf(address) === 'lost') ? void cut(session) : answer()),
          (error: unknown) => {
            log(`a message was not kept: ${String(error)}`)
            answer(error instanceof Reply ? error : reply(451, 'the message could not be kept'))
          },
        )
    },
  })
  server.on('error', (error: Error) => log(error.message))
  server.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket
    if (remotePort === undefined) return
    sockets.set(remotePort, socket)
    socket.once('close', () => sockets.delete(remotePort))
  })
  return server
}

/** A refusal with the code that the client gets. */
class Reply extends Error {
  readonly responseCode: number
  constructor(responseCode: number, message: string) {
    super(message)
    this.responseCode = responseCode
  }
}

function reply(code: number, message: string): Reply {
  return new Reply(code, message)
}

/** True the first time for each address. */
function onceForEach(): (address: string) => boolean {
  const seen = new Set<string>()
  return (address) => {
    const first = !seen.has(address)
    seen.add(address)
    return first
  }
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    // Read to its end all the same: the session goes on after it.
    if (bytes <= LARGEST_BYTES) chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function stop(server: SMTPServer, store: MessageStore): Promise<void> {
  await new Promise<void>((resolve) => server.close(resolve))
  await store.close()
}
