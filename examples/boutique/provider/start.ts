import { once } from 'node:events'
import type { Server } from 'node:http'
import { Pool, type PoolConfig } from 'pg'
import { createLedger, prepareSchema } from './ledger.ts'
import { createRoutes } from './routes.ts'
import { createHttpServer } from './server.ts'

export interface ProviderOptions {
  /** The database the provider keeps its books in, in a schema `provider` of its own. */
  readonly connectionString: string | PoolConfig
  /** 0 takes any free port. */
  readonly port: number
  /** Loopback only: it takes orders from anybody who reaches it. */
  readonly host?: '127.0.0.1'
  /** Told of failures, one line each. Default: silent. */
  readonly log?: (line: string) => void
  /** How late the slow tokens answer. Default 5000. */
  readonly slowMs?: number
  readonly now?: () => Date
}

export interface Provider {
  readonly port: number
  readonly url: string
  /** Answers what it has begun, slow answers at once, then lets go of port and database. May be called again. */
  close(): Promise<void>
}

/** How long close waits for requests in work before it cuts them. */
const graceMs = 5_000

/** Starts the card processor. Rejects, holding nothing, if the database or the port can't be had. */
export async function startProvider(options: ProviderOptions): Promise<Provider> {
  const { host = '127.0.0.1', log = () => undefined, slowMs = 5_000, now = () => new Date() } = options
  const pool = createPool(options.connectionString, log)
  const closing = new AbortController()
  const answer = createRoutes(createLedger(pool, now))
  const server = createHttpServer({ answer, slowMs, closing: closing.signal, log })
  try {
    await prepareSchema(pool)
    const port = await listen(server, options.port, host)
    let closed: Promise<void> | undefined
    return { port, url: `http://${host}:${port}`, close: () => (closed ??= stop(server, pool, closing)) }
  } catch (failure) {
    await pool.end()
    throw failure
  }
}

function createPool(connection: string | PoolConfig, log: (line: string) => void): Pool {
  const config = typeof connection === 'string' ? { connectionString: connection } : connection
  const pool = new Pool({
    application_name: 'provider',
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    query_timeout: 15_000,
    ...config,
    max: Math.min(config.max ?? 4, 4),
  })
  // Without a listener a restart of the server would end our process too.
  pool.on('error', (failure) => {
    if (!pool.ending) log(`database connection lost: ${failure.message}`)
  })
  return pool
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}

async function stop(server: Server, pool: Pool, closing: AbortController): Promise<void> {
  closing.abort()
  const closed = once(server, 'close')
  server.close()
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(cut)
  await pool.end()
}
