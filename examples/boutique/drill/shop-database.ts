import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionConfig } from 'archipel'
import { Pool } from 'pg'

const FILE = 'drill-database.json'

/** Leaves the administrator's way into the database where the drill finds it. */
export async function writeShopDatabase(dataFolder: string, admin: ConnectionConfig): Promise<void> {
  await writeFile(join(dataFolder, FILE), JSON.stringify(admin), { mode: 0o600 })
}

export async function openShopDatabase(dataFolder: string): Promise<Pool> {
  const { host, port, database, user, password }: ConnectionConfig = JSON.parse(
    await readFile(join(dataFolder, FILE), 'utf8'),
  )
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
