import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment, Files } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { canReach, serverAccount, type Account } from './account.ts'

/** Where the parts of one embedded server are. */
export interface Places {
  readonly account: Account | undefined
  /** PostgreSQL's own data folder. */
  readonly cluster: string
  /** Short: the path of a Unix socket is limited to about 100 bytes. */
  readonly socketFolder: string
  /** For a copy of the programs, when they can't be used where they are. */
  readonly refuge: string
  readonly logFile: string
  /** Passwords are derived from it; it lies in the data folder, readable by its owner only. */
  readonly secret: string
}

const SHARED_HOME = '/var/lib/archipel'
const LONGEST_SOCKET_FOLDER = 80

/** Makes the folders that are missing; two processes may do this at once. */
export async function makePlaces(environment: Environment, dataFolder: string): Promise<Places> {
  const { files } = environment
  await files.makeFolder(dataFolder)
  const folder = await files.realPath(dataFolder)
  const secret = await readSecret(environment, join(folder, 'secret'))
  const account = await serverAccount(files)
  const mark = createHash('sha256').update(`${folder} ${secret}`).digest('hex').slice(0, 16)
  const closed = account !== undefined && !(await canReach(files, folder, account))
  const home = closed ? join(SHARED_HOME, mark) : folder
  if (closed) await files.makeFolder(home, 0o755)
  return {
    account,
    cluster: join(home, 'postgres'),
    socketFolder: socketFolderOf(mark, account),
    refuge: account === undefined ? home : SHARED_HOME,
    logFile: join(folder, 'postgres.log'),
    secret,
  }
}

/** The random secret in `path`, made when it isn't there. */
export async function readSecret({ files, randomness }: Environment, path: string): Promise<string> {
  if (!(await files.exists(path)))
    await files.create(path, Buffer.from(randomness.bytes(32)).toString('hex'), 0o600)
  const secret = await files.read(path)
  if (secret.length < 64)
    throw frameworkError('ARC_DATABASE_START', `${path} is damaged: it must hold 64 hexadecimal digits.`)
  return secret
}

function ownerOf(account: Account | undefined): Account {
  return account ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
}

function socketFolderOf(mark: string, account: Account | undefined): string {
  const base = Buffer.byteLength(tmpdir()) < LONGEST_SOCKET_FOLDER - 30 ? tmpdir() : '/tmp'
  return join(base, `archipel-${mark.slice(0, 12)}-${ownerOf(account).uid}`)
}

/** Right before each start: it is removed when the server stops, and by those who tidy temporary folders. */
export async function makeSocketFolder(files: Files, { socketFolder, account }: Places): Promise<void> {
  await files.makeFolder(socketFolder, 0o700)
  if (account !== undefined && (await files.stat(socketFolder))?.uid === 0)
    await files.setOwner(socketFolder, account.uid, account.gid)
  const facts = await files.stat(socketFolder)
  // In a folder that everybody can write to, somebody else may have been there first.
  if (facts === undefined || facts.uid !== ownerOf(account).uid || (facts.mode & 0o077) !== 0) {
    throw frameworkError(
      'ARC_DATABASE_START',
      `The socket folder ${socketFolder} belongs to somebody else or is open to others; remove it.`,
    )
  }
}
