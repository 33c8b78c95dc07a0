import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'

/** The few things the framework does with files. Paths are absolute; errors are those of Node.js. */
export interface Files {
  exists(path: string): Promise<boolean>
  read(path: string): Promise<string>
  list(folder: string): Promise<string[]>
  /** Creates the folder and its parents where they are missing. */
  makeFolder(path: string, mode?: number): Promise<void>
  /** Replaces the file in one step: readers see the old content or the new one, also after a crash. */
  write(path: string, content: string, mode?: number): Promise<void>
  /** Creates the file only if it doesn't exist; answers whether it did. */
  create(path: string, content: string, mode?: number): Promise<boolean>
  remove(path: string): Promise<void>
}

async function exists(path: string): Promise<boolean> {
  return fs.access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
}

async function write(path: string, content: string, mode = 0o644): Promise<void> {
  const draft = `${path}.${process.pid}.new`
  const file = await fs.open(draft, 'w', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await fs.rename(draft, path)
}

async function create(path: string, content: string, mode = 0o644): Promise<boolean> {
  try {
    await fs.writeFile(path, content, { flag: 'wx', mode })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

export const systemFiles: Files = {
  exists,
  read: (path) => fs.readFile(path, 'utf8'),
  list: (folder) => fs.readdir(folder),
  makeFolder: async (path, mode) => void (await fs.mkdir(path, { recursive: true, ...(mode && { mode }) })),
  write,
  create,
  remove: (path) => fs.rm(path, { recursive: true, force: true }),
}
