import { frameworkError } from '../errors/index.ts'
import { connectAdmin, type ConnectionConfig, type DatabaseServer } from '../storage/index.ts'

/** The application's database: one of its name on the embedded server, or the one that `DATABASE_URL` names. */
export async function databaseOf(server: DatabaseServer, application: string): Promise<ConnectionConfig> {
  return server.embedded ? createDatabaseOnce(server.adminConnection, application) : server.adminConnection
}

/**
 * How to log in to a database of this name, which is made where it is missing.
 * @throws ARC_CONFIGURATION_INVALID where the user of a given server may not make one.
 */
export async function createDatabaseOnce(
  administrator: ConnectionConfig,
  name: string,
): Promise<ConnectionConfig> {
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) {
    throw frameworkError(
      'ARC_APPLICATION_INVALID',
      `'${name}' can not name a database: a small letter, then small letters, digits and underscores`,
    )
  }
  await using admin = await connectAdmin(administrator)
  const [present] = await admin.query('select from pg_database where datname = $1', [name])
  if (!present) await create(admin, name)
  return { ...administrator, database: name }
}

async function create(admin: Awaited<ReturnType<typeof connectAdmin>>, name: string): Promise<void> {
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
