import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A file without a name, in the folder for temporary files: nobody else finds it, and its room is free again as soon as
 * it is closed or the process ends, however it ends.
 */
export interface NamelessFile {
  /** Writes at its end; resolves when all is written. */
  append(bytes: Uint8Array): Promise<void>
  /** Bytes from a position on: as many as asked for, or fewer where the file ends. */
  read(from: number, count: number): Promise<Uint8Array>
  close(): Promise<void>
}

export async function openNamelessFile(): Promise<NamelessFile> {
  const path = join(tmpdir(), `archipel-${randomUUID()}`)
  const file = await fs.open(path, 'wx+', 0o600)
  await fs.rm(path).catch(async (error: unknown) => {
    await file.close()
    throw error
  })
  let length = 0
  return {
    async append(bytes) {
      for (let written = 0; written < bytes.length;) {
        const { bytesWritten } = await file.write(bytes, written, bytes.length - written, length)
        written += bytesWritten
        length += bytesWritten
      }
    },
    async read(from, count) {
      const bytes = new Uint8Array(Math.max(0, Math.min(count, length - from)))
      for (let filled = 0; filled < bytes.length;) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled)
        if (bytesRead === 0) throw new Error('the file is shorter than what was written to it')
        filled += bytesRead
      }
      return bytes
    },
    close: () => file.close(),
  }
}
