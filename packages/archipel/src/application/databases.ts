import { frameworkError } from '../errors/index.ts'
import { connectAdmin, type ConnectionConfig, type DatabaseServer } from '../storage/index.ts'

/** The databases of one server. */
export interface Databases {
  /** The application's: one of its name on the embedded server, or the one that `DATABASE_URL` names. */
  ofApplication(name: string): Promise<ConnectionConfig>
  /**
   * How to log in to a database of this name, which is made where it is missing.
   * @throws ARC_CONFIGURATION_INVALID where the user of a given server may not make one.
   */
  named(name: string): Promise<ConnectionConfig>
}

/** Looks once which databases there are: each further look would be a connection more at every start. */
export function databasesOf({
  embedded,
  adminConnection,
}: Pick<DatabaseServer, 'embedded' | 'adminConnection'>): Databases {
  let present: Promise<ReadonlySet<string>> | undefined

  async function named(name: string): Promise<ConnectionConfig> {
    refuseName(name)
    const names = (present ??= namesAt(adminConnection))
    names.catch(() => (present = undefined))
    if (!(await names).has(name)) await create(adminConnection, name)
    return { ...adminConnection, database: name }
  }

  return { named, ofApplication: async (name) => (embedded ? named(name) : adminConnection) }
}

async function namesAt(administrator: ConnectionConfig): Promise<ReadonlySet<string>> {
  await using admin = await connectAdmin(administrator)
  const rows = await admin.query('select datname from pg_database')
  return new Set(rows.map(({ datname }) => String(datname)))
}

function refuseName(name: string): void {
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) {
    throw frameworkError(
      'ARC_APPLICATION_INVALID',
      `'${name}' can not name a database: a small letter, then small letters, digits and underscores`,
    )
  }
}

async function create(administrator: ConnectionConfig, name: string): Promise<void> {
  await using admin = await connectAdmin(administrator)
  try {
    await admin.query(`create database ${name} template template0 strategy wal_log`)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    // Another host made it at the same moment.
    if (code === '42P04' || code === '23505') return
    if (code !== '42501') throw cause
    throw frameworkError(
      'ARC_CONFIGURATION_INVALID',
      `DATABASE_URL: its user may not create the database '${name}'; grant CREATEDB or create it beforehand`,
      { cause },
    )
  }
}
