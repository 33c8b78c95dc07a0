import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** A folder for one run, on the disk of the project: a temporary folder in memory would make commits look free. */
export interface Scratch extends AsyncDisposable {
  readonly folder: string
}

export async function makeScratch(name: string): Promise<Scratch> {
  const home = fileURLToPath(new URL('../.archipel/', import.meta.url))
  await mkdir(home, { recursive: true })
  const folder = await mkdtemp(`${home}${name}-`)
  // Open to the account that PostgreSQL runs under when we are root.
  await chmod(folder, 0o755)
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
