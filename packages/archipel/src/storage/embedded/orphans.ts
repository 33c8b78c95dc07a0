import type { Files } from '../../environment/index.ts'

/**
 * Ends the backends that a killed server left behind: one in the middle of a long computation doesn't notice for
 * as long as that takes, and no new server starts beside it. What they did is undone by recovery, as after any
 * crash. Where there is no /proc, they are waited for.
 */
export async function endOrphans(files: Files, cluster: string): Promise<void> {
  if (!(await files.exists('/proc/self'))) return
  const folder = await files.realPath(cluster)
  const ids = (await files.list('/proc')).filter((name) => /^\d+$/.test(name))
  const ours = await Promise.all(
    ids.map(async (id) => (await isBackendIn(files, id, folder)) && !(await isSupervised(files, id, folder))),
  )
  for (const [index, orphan] of ours.entries()) if (orphan) quit(Number(ids[index]))
}

/** Backends show what they do in place of their arguments; the server itself shows its arguments. */
async function isBackendIn(files: Files, id: string, folder: string): Promise<boolean> {
  try {
    return (
      (await files.readLink(`/proc/${id}/cwd`)) === folder &&
      (await files.read(`/proc/${id}/cmdline`)).startsWith('postgres: ')
    )
  } catch {
    return false
  }
}

/** Whether its parent is a living server of the same folder, perhaps one that another host has just started. */
async function isSupervised(files: Files, id: string, folder: string): Promise<boolean> {
  try {
    const facts = await files.read(`/proc/${id}/stat`)
    const parent = facts.slice(facts.lastIndexOf(')')).split(' ')[2]
    return (await files.readLink(`/proc/${parent}/cwd`)) === folder
  } catch {
    return false
  }
}

function quit(id: number): void {
  try {
    process.kill(id, 'SIGQUIT')
  } catch {
    // It ended by itself.
  }
}
