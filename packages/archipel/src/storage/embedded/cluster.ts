import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Environment } from '../../environment/index.ts'
import type { Binaries } from './binaries.ts'
import { initialise } from './initialise.ts'
import { endOrphans } from './orphans.ts'
import { makeSocketFolder, type Places } from './places.ts'
import { disownForeignProcess, findPostmaster, isAlive, type Postmaster } from './postmaster.ts'
import { exitOf, runAs, startFailed } from './programs.ts'

const PORT = 5432

/** Everything but durability, which stays as PostgreSQL has it and is read, not set, at start. */
const SETTINGS = {
  listen_addresses: '',
  port: String(PORT),
  unix_socket_permissions: '0700',
  max_connections: '300',
  max_prepared_transactions: '64',
  shared_buffers: '128MB',
  io_method: 'sync',
  jit: 'off',
  // A backend notices within a second that its client is gone, and gives its locks back.
  client_connection_check_interval: '1s',
  idle_in_transaction_session_timeout: '60s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Statements and values may hold secrets: only the server's own life is logged.
  log_min_messages: 'log',
  log_checkpoints: 'off',
}

const POLL_MS = 5
const START_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 15_000
const LONGEST_LOG_BYTES = 10_000_000

/** The server of one data folder: started, adopted and stopped. */
export interface Cluster {
  /** Finds the running server or starts one; waits for the orphaned backends of a killed one. */
  ensureRunning(): Promise<Postmaster>
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>
}

export function createCluster(
  environment: Environment,
  places: Places,
  binaries: Binaries,
  adminPassword: string,
): Cluster {
  const { files, timers, clock } = environment
  const { cluster, logFile, socketFolder } = places

  async function ensureRunning(): Promise<Postmaster> {
    const until = clock.monotonic() + START_WITHIN_MS
    if (!(await files.exists(join(cluster, 'PG_VERSION'))))
      await initialise(environment, places, binaries, adminPassword)
    for (;;) {
      const running = await findPostmaster(files, cluster)
      if (running?.status === 'ready') return running
      if (running === undefined) {
        const refusal = await start()
        if (refusal?.includes('pre-existing shared memory')) await endOrphans(files, cluster)
        else if (refusal !== undefined && !/lock file .* already exists/.test(refusal))
          throw startFailed(refusal)
      }
      if (clock.monotonic() > until)
        throw startFailed(`It was not ready within ${START_WITHIN_MS / 1000} s. ${await endOfLog(0)}`)
      await timers.sleep(POLL_MS)
    }
  }

  /** @returns what the server said when it did not come up, or `undefined` when it is ready. */
  async function start(): Promise<string | undefined> {
    await disownForeignProcess(files, cluster)
    await makeSocketFolder(files, places)
    const before = (await files.stat(logFile))?.sizeBytes ?? 0
    if (before > LONGEST_LOG_BYTES) await files.move(logFile, `${logFile}.old`)
    const log = await files.openToAppend(logFile, 0o600)
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(binaries.postgres, ['-D', cluster, '-k', socketFolder, ...settings], {
      ...runAs(places),
      // Out of our process group: a Ctrl-C in the terminal is for the hosts, which stop it in order.
      detached: true,
      stdio: ['ignore', log.descriptor, log.descriptor],
    })
    let ended = false
    void exitOf(child).then(() => (ended = true))
    child.unref()
    await log.close()
    for (;;) {
      const running = await findPostmaster(files, cluster)
      if (running?.status === 'ready') return undefined
      if (ended) return endOfLog(before > LONGEST_LOG_BYTES ? 0 : before)
      await timers.sleep(POLL_MS)
    }
  }

  async function endOfLog(from: number): Promise<string> {
    if (!(await files.exists(logFile))) return ''
    return Buffer.from(await files.read(logFile))
      .subarray(from)
      .toString()
      .slice(-2000)
  }

  async function stop(): Promise<void> {
    const running = await findPostmaster(files, cluster)
    if (running === undefined) return
    const until = clock.monotonic() + STOP_WITHIN_MS
    let asked: NodeJS.Signals | undefined
    while (isAlive(running.process) && (await findPostmaster(files, cluster))?.process === running.process) {
      const late = clock.monotonic() > until
      const ask = late ? 'SIGQUIT' : 'SIGINT'
      if (ask !== asked) process.kill(running.process, ask)
      asked = ask
      await timers.sleep(POLL_MS)
    }
    await files.removeIfEmpty(running.socketFolder)
  }

  return { ensureRunning, stop }
}
