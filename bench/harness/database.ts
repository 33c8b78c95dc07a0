import { readFile } from 'node:fs/promises'
import { systemEnvironment } from '../../packages/archipel/src/environment/index.ts'
import { connectAdmin, openDatabaseServer } from '../../packages/archipel/src/storage/index.ts'
import { quietTelemetry } from '../../packages/archipel/src/telemetry/index.ts'
import { endAtExit } from './end-at-exit.ts'

/** The embedded server, as the framework starts it; peers that need a database get one on the same server. */
export interface Database extends AsyncDisposable {
  /** Version and what decides about durability, for the notes of a report. */
  readonly settings: string
  /** Process number of the server. */
  readonly process: number
  create(database: string): Promise<void>
  url(database: string): string
  /** Numbers come as strings or numbers, as the driver has it. */
  ask(database: string, text: string): Promise<Record<string, unknown>[]>
}

/** Starts the server of a data folder, or joins the one that a host runs there. */
export async function openDatabase(dataFolder: string): Promise<Database> {
  const server = await openDatabaseServer({
    environment: systemEnvironment(),
    dataFolder,
    host: 'bench',
    log: quietTelemetry().log,
  })
  const { adminConnection } = server

  async function ask(database: string, text: string): Promise<Record<string, unknown>[]> {
    await using admin = await connectAdmin({ ...adminConnection, database })
    return await admin.query(text)
  }

  const postmaster = await postmasterOf(adminConnection)
  // SIGINT is its fast shutdown.
  const forget = endAtExit(postmaster, 'SIGINT')
  return {
    settings: `PostgreSQL ${server.version}: ${server.settings.join(', ')}`,
    process: postmaster,
    create: async (database) => void (await ask('postgres', `create database ${database}`)),
    url: (database) => {
      const { host, port, user, password } = adminConnection
      return `postgres://${user}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`
    },
    ask,
    [Symbol.asyncDispose]: async () => {
      await server.close()
      forget()
    },
  }
}

/** The parent of any of its backends. */
async function postmasterOf(connection: Parameters<typeof connectAdmin>[0]): Promise<number> {
  await using admin = await connectAdmin(connection)
  const [row] = await admin.query('select pg_backend_pid() as process')
  const status = await readFile(`/proc/${String(row?.['process'])}/stat`, 'utf8').catch(() => '')
  return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}
