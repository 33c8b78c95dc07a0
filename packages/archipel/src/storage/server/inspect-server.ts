import type { Clock } from '../../environment/index.ts'
import { isArchipelError } from '../../errors/index.ts'
import { ask } from '../connection/admin.ts'
import { connect, type Connection, type ConnectionConfig } from '../connection/connection.ts'
import { readSettings } from './settings.ts'

/** What a look at a PostgreSQL found, for who asks what is wrong with a set-up. */
export interface ServerReport {
  /** Such as `18.4`; undefined where the settings were refused. */
  readonly version: string | undefined
  /** What decides about durability, as lines `name = value`. */
  readonly durability: readonly string[]
  /** Why an application would refuse it. */
  readonly refusal: string | undefined
  /** Its clock less ours. */
  readonly clockAheadMs: number
  readonly connections: number
  readonly mostConnections: number
  /** Left by a two-phase commit: they hold locks until they are ended. */
  readonly preparedTransactions: number
}

const LOOK = `select (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
  (select count(*) from pg_stat_activity where backend_type = 'client backend')::int as connections,
  current_setting('max_connections')::int as most,
  (select count(*) from pg_prepared_xacts)::int as prepared`

/** Connects, looks and leaves; changes nothing. @throws the error of a connection that could not be made. */
export async function inspectServer(config: ConnectionConfig, clock: Clock): Promise<ServerReport> {
  const connection = await connect(config)
  try {
    const before = clock.now()
    const [row] = await ask(connection, LOOK)
    const halfway = (before + clock.now()) / 2
    const { settings, refusal } = await settingsOf(connection)
    return {
      version: settings?.version,
      durability: settings?.lines ?? [],
      refusal,
      clockAheadMs: Math.round(Number(row?.['now']) - halfway),
      connections: Number(row?.['connections']),
      mostConnections: Number(row?.['most']),
      preparedTransactions: Number(row?.['prepared']),
    }
  } finally {
    await connection.end()
  }
}

async function settingsOf(connection: Connection) {
  try {
    return { settings: await readSettings(connection, 'wished'), refusal: undefined }
  } catch (error) {
    if (isArchipelError(error)) return { settings: undefined, refusal: error.message }
    throw error
  }
}
