import type { ChildProcess } from 'node:child_process'
import { dirname } from 'node:path'
import { frameworkError } from '../../errors/index.ts'
import type { Places } from './places.ts'

/** How a program of PostgreSQL is run: under the account that may. */
export function runAs({ account, cluster }: Pick<Places, 'account' | 'cluster'>) {
  // None of the caller's PG… variables, and messages that can be recognised.
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC', HOME: dirname(cluster) }
  return { cwd: '/', env, ...(account !== undefined && { uid: account.uid, gid: account.gid }) }
}

export function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
}

export function startFailed(why: string): Error {
  return frameworkError('ARC_DATABASE_START', `The embedded PostgreSQL did not start: ${why}`)
}
