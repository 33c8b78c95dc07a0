import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ground } from './attack.ts'

/** Where Linux distributions put libfaketime, by architecture. */
const LIBRARIES = '/usr/lib'
const FILE = 'FAKETIME_TIMESTAMP_FILE'

/** Ground on which the clock of a host can be set; PostgreSQL, which is a process of its own, keeps the true one. */
export async function groundWithAClock(): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'archipel-clock-'))
  const file = join(folder, 'clock')
  await writeFile(file, '+0')
  const library = await findLibrary()
  if (library === undefined)
    console.log('  libfaketime is not installed: the clocks stay as they are (apt-get install faketime)')
  return {
    variables: {
      ...(library !== undefined && { LD_PRELOAD: library }),
      [FILE]: file,
      // Read again each second; monotonic time and the times of files stay true.
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Sets the clock of the host, within a second, so many seconds before or after the true time. */
export async function setClock(ground: Ground | undefined, seconds: number): Promise<void> {
  const file = ground?.variables?.[FILE]
  if (file === undefined) throw new Error('this ground has no clock')
  await writeFile(file, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}`)
}

async function findLibrary(): Promise<string | undefined> {
  for (const folder of await namesIn(LIBRARIES)) {
    const path = join(LIBRARIES, folder, 'faketime')
    const names = await namesIn(path)
    if (names.includes('libfaketimeMT.so.1')) return join(path, 'libfaketimeMT.so.1')
  }
  return undefined
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((): string[] => [])
}
