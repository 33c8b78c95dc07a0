import type { Environment, Timer } from '../../environment/index.ts'
import { connect, type Connection, type ConnectionConfig } from './connection.ts'
import { databaseUnavailable, isPassing } from './errors.ts'

export interface PoolOptions {
  readonly environment: Environment
  readonly connection: ConnectionConfig
  /** Connections at most; they are made when they are needed. */
  readonly limit: number
}

/** A few connections of one role, lent to one user at a time. */
export interface Pool {
  /** @throws ARC_DATABASE_UNAVAILABLE, effect none, when none is free in time. */
  acquire(): Promise<Connection>
  /** Gives it back. One that is lost or still in a transaction is destroyed: it is in doubt. */
  release(connection: Connection): void
  close(): Promise<void>
}

/** How long a caller waits for a connection, a restarting server included. */
const WAIT_MS = 5_000
/** The last idle connection is closed after this time. */
const IDLE_MS = 60_000
/** Any further idle one goes earlier: the server keeps some megabytes for each, and a new one takes milliseconds. */
const SPARE_MS = 10_000
const RETRY_MS = 25

interface Waiter {
  give(connection: Connection): void
  refuse(error: unknown): void
}

export function createPool({ environment, connection: config, limit }: PoolOptions): Pool {
  const idle: { connection: Connection; since: number }[] = []
  const waiting: Waiter[] = []
  const alive = new Set<Connection>()
  let opening = 0
  let closed = false
  let sweep: Timer | undefined

  function release(connection: Connection): void {
    if (!connection.usable || connection.status !== 'I' || closed) {
      connection.destroy()
      return
    }
    const waiter = waiting.shift()
    if (waiter !== undefined) return waiter.give(connection)
    idle.push({ connection, since: environment.clock.monotonic() })
    sweep ??= environment.timers.after(SPARE_MS, closeIdle)
  }

  function closeIdle(): void {
    const now = environment.clock.monotonic()
    sweep = undefined
    while (idle[0] !== undefined) {
      const leftMs = idle[0].since + (idle.length > 1 ? SPARE_MS : IDLE_MS) - now
      // Not later than another one may be spare.
      if (leftMs > 0) return void (sweep = environment.timers.after(Math.min(leftMs, SPARE_MS), closeIdle))
      void discard(idle[0].connection)
    }
  }

  /** Whoever closes a connection on purpose isn't told that it is lost: its place is given up here. */
  function discard(connection: Connection): Promise<void> {
    forget(connection)
    return connection.end()
  }

  /** Opens one for whoever waits longest; tries again while the server is only restarting. */
  async function open(): Promise<void> {
    opening++
    const until = environment.clock.monotonic() + WAIT_MS
    try {
      const connection = await connectPatiently(until)
      alive.add(connection)
      connection.onLost(() => forget(connection))
      release(connection)
    } catch (error) {
      waiting.shift()?.refuse(error)
    } finally {
      opening--
    }
  }

  async function connectPatiently(until: number): Promise<Connection> {
    for (;;) {
      if (closed) throw databaseUnavailable('The pool of connections is closed.', 'none', undefined)
      try {
        return await connect(config)
      } catch (error) {
        if (!isPassing(error) || environment.clock.monotonic() >= until) {
          throw databaseUnavailable(
            `No connection to the database as ${config.user}: ${messageOf(error)}`,
            'none',
            error,
          )
        }
      }
      await environment.timers.sleep(RETRY_MS)
    }
  }

  function forget(connection: Connection): void {
    alive.delete(connection)
    const index = idle.findIndex((entry) => entry.connection === connection)
    if (index >= 0) idle.splice(index, 1)
    openForWaiting()
  }

  function openForWaiting(): void {
    while (!closed && opening < waiting.length && alive.size + opening < limit) void open()
  }

  function acquire(): Promise<Connection> {
    if (closed)
      return Promise.reject(databaseUnavailable('The pool of connections is closed.', 'none', undefined))
    const free = idle.pop()
    if (free !== undefined) return Promise.resolve(free.connection)
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        give: (connection) => (timer.cancel(), resolve(connection)),
        refuse: (error) => (timer.cancel(), reject(error)),
      }
      const timer = environment.timers.after(WAIT_MS, () => {
        const index = waiting.indexOf(waiter)
        if (index < 0) return
        waiting.splice(index, 1)
        reject(
          databaseUnavailable(
            `No connection as ${config.user} became free within ${WAIT_MS} ms.`,
            'none',
            undefined,
          ),
        )
      })
      waiting.push(waiter)
      openForWaiting()
    })
  }

  async function close(): Promise<void> {
    closed = true
    sweep?.cancel()
    for (const waiter of waiting.splice(0))
      waiter.refuse(databaseUnavailable('The pool of connections is closed.', 'none', undefined))
    await Promise.all(idle.splice(0).map(({ connection }) => discard(connection)))
  }

  return { acquire, release, close }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
