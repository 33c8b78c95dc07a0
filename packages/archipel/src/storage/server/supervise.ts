import type { Environment } from '../../environment/index.ts'
import { asError, isArchipelError } from '../../errors/index.ts'
import type { Log } from '../../telemetry/index.ts'
import { ask, connectPatiently } from '../connection/admin.ts'
import type { Connection, ConnectionConfig } from '../connection/connection.ts'
import { isPassing } from '../connection/errors.ts'
import { keepAlive } from '../embedded/keep-alive.ts'
import { isLastHost, joinServer, takeHostLock, tryHostLock, unregister } from './host-lock.ts'
import { readSettings } from './settings.ts'

/** The difference between a server of our own and a given one. */
export interface ServerEngine {
  ensureRunning(): Promise<void>
  readonly stop: (() => Promise<void>) | undefined
  readonly checksums: 'demanded' | 'wished'
}

export interface SupervisionOptions {
  readonly environment: Environment
  readonly dataFolder: string
  readonly host: string
  readonly connection: ConnectionConfig
  readonly engine: ServerEngine
  readonly log: Log
}

/** What happens to a host's hold on its database while it runs. */
export interface HoldListener {
  /** The lock's connection broke: take no work until `regained`. */
  lost?(): void
  regained?(): void
  /** Another host of this name has the lock: this one has to end. */
  replaced?(): void
  /** The server was started anew since. */
  restarted?(): void
}

export interface SupervisedServer {
  /** Such as `18.4`. */
  readonly version: string
  /** What decides about durability, as lines `name = value`. */
  readonly settings: readonly string[]
  /** Whether this host holds its lock now: without it, it takes no work. */
  readonly held: boolean
  /** @returns how to stop listening. */
  listen(listener: HoldListener): () => void
  /** Gives the name back; the last host also stops a server of our own. */
  close(): Promise<void>
}

const CONNECT_WITHIN_MS = 10_000
const LAST_CONNECT_WITHIN_MS = 1000
const RETRY_MS = 50

export async function superviseServer(options: SupervisionOptions): Promise<SupervisedServer> {
  const { environment, engine, log, host } = options
  const listeners = new Set<HoldListener>()
  let state: 'held' | 'lost' | 'replaced' | 'closing' = 'held'
  let startedAt = ''
  let recovering: Promise<void> = Promise.resolve()
  let lock = await register()
  const settings = await readSettings(lock, engine.checksums).catch(async (error: unknown) => {
    await giveBack()
    throw error
  })
  if (settings.lines.includes('data_checksums = off'))
    log.warn('The database has no data checksums: damaged pages stay unnoticed.')
  watch(lock)

  /** Connects, joins the server and takes the name; goes round again when the last other host stops the server meanwhile. */
  async function register(): Promise<Connection> {
    for (;;) {
      const connection = await open()
      try {
        await joinServer(connection)
        await takeHostLock(connection, options)
        startedAt = await serverStart(connection)
        return connection
      } catch (error) {
        if (isArchipelError(error)) await leave(connection)
        else connection.destroy()
        if (isArchipelError(error) || !isPassing(error)) throw error
      }
      await environment.timers.sleep(RETRY_MS)
    }
  }

  async function open(): Promise<Connection> {
    await engine.ensureRunning()
    return connectPatiently(
      environment,
      { ...options.connection, applicationName: `archipel host ${host}` },
      CONNECT_WITHIN_MS,
    )
  }

  /** Leaves without having worked: whoever holds the name is another host, and the server is its. */
  async function leave(connection: Connection): Promise<void> {
    await connection.end()
  }

  function watch(connection: Connection): void {
    connection.onLost(() => {
      if (state !== 'held') return
      state = 'lost'
      log.warn('The connection that holds the host lock was lost; no work is taken until it is back.', {
        host,
      })
      tell('lost')
      recovering = recover()
    })
  }

  async function recover(): Promise<void> {
    while (state === 'lost') {
      try {
        await regain()
      } catch (error) {
        log.error('The database is not back yet.', {
          host,
          error: asError(error),
        })
        await environment.timers.sleep(RETRY_MS * 10)
      }
    }
  }

  async function regain(): Promise<void> {
    const connection = await open()
    if (isClosing()) return connection.destroy()
    await joinServer(connection)
    // The server may not have noticed yet that our former connection is gone.
    for (let tries = 0; !(await tryHostLock(connection, host)); tries++) {
      if (tries * RETRY_MS > CONNECT_WITHIN_MS) return replaced(connection)
      await environment.timers.sleep(RETRY_MS)
    }
    const anew = await serverStart(connection)
    lock = connection
    state = 'held'
    watch(connection)
    if (anew !== startedAt) tell('restarted')
    startedAt = anew
    log.info('The host lock is held again.', { host })
    tell('regained')
  }

  function replaced(connection: Connection): void {
    connection.destroy()
    state = 'replaced'
    log.error('Another host of this name has taken over; this one has to end.', { host })
    tell('replaced')
  }

  function isClosing(): boolean {
    return state === 'closing'
  }

  function tell(event: keyof HoldListener): void {
    for (const listener of listeners) listener[event]?.()
  }

  async function giveBack(): Promise<void> {
    const last = engine.stop !== undefined && lock.usable && (await isLastHost(lock).catch(() => false))
    if (last) await engine.stop?.()
    lock.destroy()
  }

  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    const former = state
    state = 'closing'
    await recovering
    if (former !== 'replaced') await unregister(options)
    if (former === 'held') await giveBack()
    if (former === 'lost') await giveBackAnew()
  }

  /** Nobody else may be there to stop a server whose lock connection was lost just before. */
  async function giveBackAnew(): Promise<void> {
    try {
      lock = await connectPatiently(environment, options.connection, LAST_CONNECT_WITHIN_MS)
      await giveBack()
    } catch (error) {
      log.warn('The database was gone when this host ended.', {
        host,
        error: asError(error),
      })
    }
  }

  return {
    version: settings.version,
    settings: settings.lines,
    get held() {
      return state === 'held' && lock.usable
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => (closing ??= close().finally(keepAlive())),
  }
}

async function serverStart(connection: Connection): Promise<string> {
  const [row] = await ask(connection, 'select pg_postmaster_start_time()::text as started')
  return String(row?.started)
}
