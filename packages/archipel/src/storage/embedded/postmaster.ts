import { join } from 'node:path'
import type { Files } from '../../environment/index.ts'

/** What a running server writes about itself into `postmaster.pid`. */
export interface Postmaster {
  readonly process: number
  readonly port: number
  readonly socketFolder: string
  readonly status: 'starting' | 'ready' | 'stopping'
}

/** @returns the server that owns the data folder, or `undefined` when none is alive. */
export async function findPostmaster(files: Files, cluster: string): Promise<Postmaster | undefined> {
  const lines = await readLines(files, cluster)
  const process = Number(lines[0])
  if (!Number.isInteger(process) || process <= 0 || !(await isServerOf(files, process, cluster)))
    return undefined
  const status = lines[7]?.trim()
  return {
    process,
    port: Number(lines[3]),
    socketFolder: lines[4] ?? '',
    status: status === 'ready' || status === 'stopping' ? status : 'starting',
  }
}

/**
 * After a kill and a reboot (or in a container, where numbers start again) the number in the file may belong to
 * another process, and PostgreSQL would not start. The number of this process instead makes it see that its
 * parent can't be the old server; its check for old backends stays in force.
 */
export async function disownForeignProcess(files: Files, cluster: string): Promise<void> {
  const lines = await readLines(files, cluster)
  if (lines.length < 7 || (await findPostmaster(files, cluster)) !== undefined) return
  const path = join(cluster, 'postmaster.pid')
  const facts = await files.stat(path)
  await files.write(path, [process.pid, ...lines.slice(1)].join('\n'), 0o600)
  if (facts !== undefined && process.getuid?.() === 0) await files.setOwner(path, facts.uid, facts.gid)
}

async function readLines(files: Files, cluster: string): Promise<string[]> {
  try {
    return (await files.read(join(cluster, 'postmaster.pid'))).split('\n')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** A server works in its data folder; where that can't be read (no /proc), being alive has to be enough. */
async function isServerOf(files: Files, process: number, cluster: string): Promise<boolean> {
  if (!isAlive(process)) return false
  if (!(await files.exists('/proc/self'))) return true
  try {
    return (await files.readLink(`/proc/${process}/cwd`)) === (await files.realPath(cluster))
  } catch {
    return false
  }
}

export function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
