import { execFile } from 'node:child_process'
import { chmod, mkdtemp, open, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Ground } from './attack.ts'

const run = promisify(execFile)
const SIZE_MB = 500
const BLOCK = Buffer.alloc(256 * 1024)

/** A small disk of the shop's own, in memory. @throws where nothing may be mounted: it takes root, on Linux. */
export async function groundOfItsOwn(): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'archipel-disk-'))
  await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', folder])
  // PostgreSQL runs as another user where we are root.
  await chmod(folder, 0o755)
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await run('umount', ['--lazy', folder])
      await rmdir(folder)
    },
  }
}

/** Writes until nothing fits any more. @returns how to make room again. */
export async function fill({ folder }: Ground): Promise<() => Promise<void>> {
  if (folder === undefined) throw new Error('this ground has no disk of its own')
  const path = join(folder, 'ballast')
  const file = await open(path, 'w')
  try {
    // The last bytes too: a block that doesn't fit is halved.
    for (let size = BLOCK.length; size >= 1;) {
      const written = await file.write(BLOCK, 0, size).catch(() => undefined)
      if (!written) size = Math.floor(size / 2)
    }
  } finally {
    await file.close()
  }
  return () => rm(path)
}
