import { dirname } from 'node:path'
import type { FileFacts, Files } from '../../environment/index.ts'

/** The unprivileged user that PostgreSQL runs as when we are root: it refuses to run as root itself. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

const NOBODY: Account = { uid: 65534, gid: 65534 }

/** @returns the account to change to, or `undefined` when this process is an ordinary user's. */
export async function serverAccount(files: Files): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const users = (await files.exists('/etc/passwd'))
    ? (await files.read('/etc/passwd')).split('\n').map((line) => line.split(':'))
    : []
  const found = ['postgres', 'nobody']
    .map((name) => users.find((user) => user[0] === name))
    .find((user) => user !== undefined)
  return found === undefined ? NOBODY : { uid: Number(found[2]), gid: Number(found[3]) }
}

/** Whether the account may pass through the folder and every folder above it. */
export async function canReach(files: Files, folder: string, account: Account): Promise<boolean> {
  for (let path = await files.realPath(folder); ; path = dirname(path)) {
    const facts = await files.stat(path)
    if (facts === undefined || !mayPass(facts, account)) return false
    if (path === dirname(path)) return true
  }
}

function mayPass({ mode, uid, gid }: FileFacts, account: Account): boolean {
  if (uid === account.uid) return (mode & 0o100) !== 0
  if (gid === account.gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}
