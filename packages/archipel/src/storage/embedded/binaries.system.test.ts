import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { systemEnvironment, type Files } from '../../environment/index.ts'
import { findBinaries, packageEntry } from './binaries.ts'

const NATIVE = join(dirname(packageEntry()), '..', 'native')

/** The folder of npm as somebody else's: its links are missing, and nothing can be written there. */
function asIfReadOnly(files: Files): { files: Files; copies: () => number } {
  let copies = 0
  const isTheirs = (path: string) => path.startsWith(`${NATIVE}/lib/`)
  const readOnly: Files = {
    ...files,
    exists: async (path) => !isTheirs(path) && files.exists(path),
    link: (path, leadsTo) =>
      isTheirs(path)
        ? Promise.reject(Object.assign(new Error('read-only file system'), { code: 'EROFS' }))
        : files.link(path, leadsTo),
    copyFolder: (from, to) => (copies++, files.copyFolder(from, to)),
  }
  return { files: readOnly, copies: () => copies }
}

test('where the folder of npm can not be written, a copy that works is made elsewhere, once', async () => {
  const refuge = await mkdtemp(join(tmpdir(), 'archipel-refuge-'))
  try {
    const system = systemEnvironment()
    const { files, copies } = asIfReadOnly(system.files)
    const environment = { ...system, files }
    const [one, other] = await Promise.all([
      findBinaries(environment, undefined, refuge),
      findBinaries(environment, undefined, refuge),
    ])
    expect(other).toEqual(one)
    expect(dirname(dirname(dirname(one.postgres)))).toBe(refuge)
    const { stdout } = await promisify(execFile)(one.postgres, ['--version'])
    expect(stdout).toContain('(PostgreSQL) 18')
    expect(await readdir(refuge), 'no draft is left').toHaveLength(1)
    const before = copies()
    expect(await findBinaries(environment, undefined, refuge)).toEqual(one)
    expect(copies()).toBe(before)
  } finally {
    await rm(refuge, { recursive: true })
  }
})
