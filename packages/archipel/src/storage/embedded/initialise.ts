import { spawn } from 'node:child_process'
import { basename, dirname, join } from 'node:path'
import type { Environment, Files } from '../../environment/index.ts'
import type { Binaries } from './binaries.ts'
import type { Places } from './places.ts'
import { isAlive } from './postmaster.ts'
import { exitOf, runAs, startFailed } from './programs.ts'

export const ADMIN = 'archipel'

/**
 * Makes the data folder of a server: in a folder of its own, moved into place when it is complete. A kill leaves
 * nothing half made.
 */
export async function initialise(
  { files, identifiers }: Environment,
  places: Places,
  binaries: Binaries,
  adminPassword: string,
): Promise<void> {
  const { cluster, account } = places
  await removeDrafts(files, cluster)
  const draft = `${cluster}.${process.pid}.${identifiers.next()}.new`
  const passwordFile = `${draft}.password`
  await files.makeFolder(draft, 0o700)
  await files.write(passwordFile, adminPassword, 0o600)
  if (account !== undefined)
    await Promise.all([draft, passwordFile].map((path) => files.setOwner(path, account.uid, account.gid)))
  try {
    await initdb(places, binaries, draft, passwordFile)
    // Another host may have been faster: then its cluster is the one.
    if (!(await files.move(draft, cluster))) await files.remove(draft)
  } finally {
    await files.remove(passwordFile)
  }
}

/** Of processes that were killed in the middle. */
async function removeDrafts(files: Files, cluster: string): Promise<void> {
  const prefix = `${basename(cluster)}.`
  const drafts = (await files.list(dirname(cluster))).filter(
    (name) => name.startsWith(prefix) && name.includes('.new'),
  )
  const dead = drafts.filter((name) => !isAlive(Number(name.slice(prefix.length).split('.')[0])))
  await Promise.all(dead.map((name) => files.remove(join(dirname(cluster), name))))
}

async function initdb(
  places: Places,
  binaries: Binaries,
  folder: string,
  passwordFile: string,
): Promise<void> {
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
    ...runAs(places),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const code = await exitOf(child)
  if (code !== 0) throw startFailed(`initdb ended with ${code}: ${said.slice(-2000)}`)
}
