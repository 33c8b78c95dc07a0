import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionConfig } from 'archipel'
import { Pool } from 'pg'

const FILE = 'drill-database.json'

interface Ways {
  readonly admin: ConnectionConfig
  /** Into the card processor's database. */
  readonly provider: ConnectionConfig
  /** Into that of the mail server. */
  readonly mailbox: ConnectionConfig
}

/** Leaves the administrator's way into the database, and those of the outside world, where the drill finds them. */
export async function writeShopDatabase(dataFolder: string, ways: Ways): Promise<void> {
  await writeFile(join(dataFolder, FILE), JSON.stringify(ways), { mode: 0o600 })
}

async function readWays(dataFolder: string): Promise<Ways> {
  return JSON.parse(await readFile(join(dataFolder, FILE), 'utf8'))
}

/** The administrator's way in: over the socket in the folder that `host` names. */
export async function readAdminConnection(dataFolder: string): Promise<ConnectionConfig> {
  return (await readWays(dataFolder)).admin
}

export async function readProviderDatabase(dataFolder: string): Promise<ConnectionConfig> {
  return (await readWays(dataFolder)).provider
}

export async function openShopDatabase(dataFolder: string): Promise<Pool> {
  return openPool(await readAdminConnection(dataFolder))
}

export async function openMailboxDatabase(dataFolder: string): Promise<Pool> {
  return openPool((await readWays(dataFolder)).mailbox)
}

function openPool({ host, port, database, user, password }: ConnectionConfig): Pool {
  const pool = new Pool({ host, port, database, user, password, max: 2 })
  // A server that is killed under an idle connection is not the end of the drill.
  pool.on('error', () => undefined)
  return pool
}

/** The process id of the PostgreSQL server, as the server itself says; it may just be on its way back. */
export async function serverProcess(dataFolder: string): Promise<number> {
  const pool = await openShopDatabase(dataFolder)
  try {
    for (;;) {
      const answer = await pool.query(`select pg_read_file('postmaster.pid') as file`).catch(() => undefined)
      if (answer) return Number.parseInt(String(answer.rows[0].file), 10)
      await sleep(50)
    }
  } finally {
    await pool.end()
  }
}
