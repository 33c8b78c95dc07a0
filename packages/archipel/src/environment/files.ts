import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { openNamelessFile, type NamelessFile } from './nameless-file.ts'

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
  /** Removes a folder that is empty; answers whether it did. */
  removeIfEmpty(folder: string): Promise<boolean>
  /** What is at the path, following symbolic links; `undefined` when there is nothing. */
  stat(path: string): Promise<FileFacts | undefined>
  /** The path without symbolic links. */
  realPath(path: string): Promise<string>
  /** Where a symbolic link leads. */
  readLink(path: string): Promise<string>
  /** Makes a symbolic link at `path`; answers whether it did: `false` when something is there already. */
  link(path: string, leadsTo: string): Promise<boolean>
  /** Moves a file, or a folder; answers whether it did: `false` when a folder with content is there already. */
  move(from: string, to: string): Promise<boolean>
  /** Copies a folder with all that is in it, links as links. */
  copyFolder(from: string, to: string): Promise<void>
  /** Room on the disk that holds the path; `undefined` when there is no such path. */
  freeBytes(path: string): Promise<number | undefined>
  setMode(path: string, mode: number): Promise<void>
  setOwner(path: string, uid: number, gid: number): Promise<void>
  /** Opens a file to write at its end, for the output of another process. */
  openToAppend(path: string, mode: number): Promise<OpenFile>
  /** Opens a file without a name, for what is put aside for a while. */
  openNameless(): Promise<NamelessFile>
}

export interface OpenFile {
  readonly descriptor: number
  close(): Promise<void>
}

export interface FileFacts {
  readonly isFolder: boolean
  /** The permission bits alone. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
}

async function exists(path: string): Promise<boolean> {
  return fs.access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
}

async function write(path: string, content: string, mode = 0o644): Promise<void> {
  const draft = `${path}.${randomUUID()}.new`
  const file = await fs.open(draft, 'w', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await fs.rename(draft, path)
}

/** A link to a finished draft, so that nobody ever reads half of it; plainly where there are no links. */
async function create(path: string, content: string, mode = 0o644): Promise<boolean> {
  const draft = `${path}.${randomUUID()}.new`
  await fs.writeFile(draft, content, { mode })
  try {
    return await unlessCode(['EEXIST'], fs.link(draft, path))
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(codeOf(error))) throw error
    return await unlessCode(['EEXIST'], fs.writeFile(path, content, { flag: 'wx', mode }))
  } finally {
    await fs.rm(draft, { force: true })
  }
}

async function stat(path: string): Promise<FileFacts | undefined> {
  const facts = await fs.stat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  })
  if (facts === undefined) return undefined
  return {
    isFolder: facts.isDirectory(),
    mode: facts.mode & 0o7777,
    uid: facts.uid,
    gid: facts.gid,
    sizeBytes: facts.size,
  }
}

/** @returns whether the work was done: `false` when it failed with one of these codes. */
async function unlessCode(codes: readonly string[], work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (codes.includes(codeOf(error))) return false
    throw error
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

export const systemFiles: Files = {
  exists,
  read: (path) => fs.readFile(path, 'utf8'),
  list: (folder) => fs.readdir(folder),
  makeFolder: async (path, mode) => void (await fs.mkdir(path, { recursive: true, ...(mode && { mode }) })),
  write,
  create,
  remove: (path) => fs.rm(path, { recursive: true, force: true }),
  removeIfEmpty: (folder) => unlessCode(['ENOTEMPTY', 'EEXIST', 'ENOENT'], fs.rmdir(folder)),
  stat,
  realPath: (path) => fs.realpath(path),
  readLink: (path) => fs.readlink(path),
  link: (path, leadsTo) => unlessCode(['EEXIST'], fs.symlink(leadsTo, path)),
  move: (from, to) => unlessCode(['EEXIST', 'ENOTEMPTY'], fs.rename(from, to)),
  copyFolder: (from, to) => fs.cp(from, to, { recursive: true, verbatimSymlinks: true }),
  freeBytes: async (path) => {
    if (!(await exists(path))) return undefined
    const facts = await fs.statfs(path)
    return facts.bavail * facts.bsize
  },
  setMode: (path, mode) => fs.chmod(path, mode),
  setOwner: (path, uid, gid) => fs.chown(path, uid, gid),
  openToAppend: async (path, mode) => {
    const file = await fs.open(path, 'a', mode)
    return { descriptor: file.fd, close: () => file.close() }
  },
  openNameless: openNamelessFile,
}
