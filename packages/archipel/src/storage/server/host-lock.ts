import { join } from 'node:path'
import { instant, type Environment } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { ask } from '../connection/admin.ts'
import type { Connection } from '../connection/connection.ts'
import { isAlive } from '../embedded/postmaster.ts'
import { lockNumber } from '../locks.ts'

export interface HostLockOptions {
  readonly environment: Environment
  readonly dataFolder: string
  readonly host: string
}

/** What a host leaves in the data folder about itself: words for people. The lock in the database decides. */
interface Registration {
  readonly host: string
  readonly process: number
  readonly since: string
}

/** A dead holder's connection is noticed by the server within moments; somebody alive does not go away by waiting. */
const WAIT_FOR_DEAD_MS = 3000
const WAIT_FOR_ALIVE_MS = 300
const RETRY_MS = 30

const SERVER_LOCK = lockNumber('host', "'server'")
const HOST_LOCK = lockNumber('host', "'host ' || $1")

/** Every running host shares the lock of the server, so that the last one can see that it is the last. */
export async function joinServer(connection: Connection): Promise<void> {
  await ask(connection, `select pg_advisory_lock_shared(${SERVER_LOCK})`)
}

/** @returns whether no other host was there: then none can join until the connection ends. */
export async function isLastHost(connection: Connection): Promise<boolean> {
  await ask(connection, `select pg_advisory_unlock_shared(${SERVER_LOCK})`)
  const [row] = await ask(connection, `select pg_try_advisory_lock(${SERVER_LOCK}) as last`)
  return row?.last === true
}

/** Takes the name of the host for as long as the connection lives. @throws ARC_DATA_IN_USE when another host has it. */
export async function takeHostLock(connection: Connection, options: HostLockOptions): Promise<void> {
  const { environment, host } = options
  const started = environment.clock.monotonic()
  while (!(await tryHostLock(connection, host))) {
    const holder = await readRegistration(options)
    const patience = holder !== undefined && isAlive(holder.process) ? WAIT_FOR_ALIVE_MS : WAIT_FOR_DEAD_MS
    if (environment.clock.monotonic() - started > patience) throw inUse(options, holder)
    await environment.timers.sleep(RETRY_MS)
  }
  await register(options)
}

export async function tryHostLock(connection: Connection, host: string): Promise<boolean> {
  const [row] = await ask(connection, `select pg_try_advisory_lock(${HOST_LOCK}) as mine`, [host])
  return row?.mine === true
}

async function register(options: HostLockOptions): Promise<void> {
  const { environment, host } = options
  const registration: Registration = { host, process: process.pid, since: instant(environment.clock) }
  await environment.files.makeFolder(join(options.dataFolder, 'hosts'))
  await environment.files.write(fileOf(options), `${JSON.stringify(registration)}\n`)
}

export async function unregister(options: HostLockOptions): Promise<void> {
  await options.environment.files.remove(fileOf(options))
}

async function readRegistration(options: HostLockOptions): Promise<Registration | undefined> {
  const { files } = options.environment
  if (!(await files.exists(fileOf(options)))) return undefined
  try {
    return JSON.parse(await files.read(fileOf(options))) as Registration
  } catch {
    return undefined
  }
}

function fileOf({ dataFolder, host }: HostLockOptions): string {
  return join(dataFolder, 'hosts', `${encodeURIComponent(host)}.json`)
}

function inUse({ dataFolder, host }: HostLockOptions, holder: Registration | undefined): Error {
  const who =
    holder === undefined
      ? 'by a process of another machine'
      : `in process ${holder.process} since ${holder.since}`
  return frameworkError('ARC_DATA_IN_USE', `Host "${host}" runs already on ${dataFolder}, ${who}.`, {
    details: { host, process: holder?.process ?? null, since: holder?.since ?? null },
  })
}
