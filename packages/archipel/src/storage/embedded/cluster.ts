import { spawn, type ChildProcess } from 'node:child_process'
import { basename, dirname, join } from 'node:path'
import type { Environment } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import type { Binaries } from './binaries.ts'
import { endOrphans } from './orphans.ts'
import { makeSocketFolder, type Places } from './places.ts'
import { disownForeignProcess, findPostmaster, isAlive, type Postmaster } from './postmaster.ts'

export const ADMIN = 'archipel'
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

/** The server of one data folder: made, started, adopted and stopped. */
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
  const { files, timers, clock, identifiers } = environment
  const { cluster, account, logFile, socketFolder } = places

  async function ensureRunning(): Promise<Postmaster> {
    const until = clock.monotonic() + START_WITHIN_MS
    if (!(await files.exists(join(cluster, 'PG_VERSION')))) await initialise()
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

  /** Into a folder of its own, moved into place when it is complete: a kill leaves nothing half made. */
  async function initialise(): Promise<void> {
    await removeDrafts()
    const draft = `${cluster}.${process.pid}.${identifiers.next()}.new`
    const passwordFile = `${draft}.password`
    await files.makeFolder(draft, 0o700)
    await files.write(passwordFile, adminPassword, 0o600)
    if (account !== undefined)
      await Promise.all([draft, passwordFile].map((path) => files.setOwner(path, account.uid, account.gid)))
    try {
      await initdb(draft, passwordFile)
      // Another host may have been faster: then its cluster is the one.
      if (!(await files.move(draft, cluster))) await files.remove(draft)
    } finally {
      await files.remove(passwordFile)
    }
  }

  /** Of processes that were killed in the middle. */
  async function removeDrafts(): Promise<void> {
    const prefix = `${basename(cluster)}.`
    const drafts = (await files.list(dirname(cluster))).filter(
      (name) => name.startsWith(prefix) && name.includes('.new'),
    )
    const dead = drafts.filter((name) => !isAlive(Number(name.slice(prefix.length).split('.')[0])))
    await Promise.all(dead.map((name) => files.remove(join(dirname(cluster), name))))
  }

  async function initdb(folder: string, passwordFile: string): Promise<void> {
    // One round of SCRAM: our passwords are 256 random bits, which no number of rounds makes harder to guess.
    const args = [
      '-D',
      folder,
      `--username=${ADMIN}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ]
    const child = spawn(binaries.initdb, [...args, '--data-checksums', '-c', 'scram_iterations=1'], {
      ...asAccount(),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (text: Buffer) => (said += text.toString()))
    const code = await exitOf(child)
    if (code !== 0) throw startFailed(`initdb ended with ${code}: ${said.slice(-2000)}`)
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
      ...asAccount(),
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

  function asAccount() {
    // None of the caller's PG… variables, and messages that can be recognised.
    const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC', HOME: dirname(cluster) }
    return { cwd: '/', env, ...(account !== undefined && { uid: account.uid, gid: account.gid }) }
  }

  return { ensureRunning, stop }
}

function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
}

function startFailed(why: string): Error {
  return frameworkError('ARC_DATABASE_START', `The embedded PostgreSQL did not start: ${why}`)
}
