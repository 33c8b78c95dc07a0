import { randomBytes } from 'node:crypto'
import { connectAdmin, type ConnectionConfig } from '../storage/index.ts'

export interface ThrowawayDatabaseOptions {
  /** A superuser's connection. Default: that of the run's server, from the global set-up. */
  readonly admin?: ConnectionConfig | undefined
  /** Name of a database to copy, for example one that is migrated already; nobody may be connected to it. */
  readonly template?: string | undefined
}

/** A database of its own for one test, dropped with its roles when the test leaves the scope of `await using`. */
export interface ThrowawayDatabase extends AsyncDisposable {
  readonly name: string
  /** Superuser in the new database. */
  readonly connection: ConnectionConfig
  /** Unique on this server: roles belong to the whole server, so tests name theirs with it. */
  readonly namespace: string
}

export async function createThrowawayDatabase(
  options: ThrowawayDatabaseOptions = {},
): Promise<ThrowawayDatabase> {
  const admin = options.admin ?? adminOfTheRun()
  const namespace = `t${randomBytes(5).toString('hex')}`
  const name = `${namespace}_db`
  // A copy through the log costs no checkpoint.
  await asAdmin(admin, [
    `create database ${name} template ${options.template ?? 'template0'} strategy wal_log`,
  ])
  return {
    name,
    namespace,
    connection: { ...admin, database: name },
    [Symbol.asyncDispose]: () => drop(admin, name, namespace),
  }
}

/** The administrator of the server that the global set-up of the run started. */
export function adminOfTheRun(): ConnectionConfig {
  const given = process.env['ARCHIPEL_TEST_DATABASE']
  if (given !== undefined) return JSON.parse(given) as ConnectionConfig
  throw new Error(
    'No database for tests: add "archipel/testing/vitest-setup" to `globalSetup` of vitest, or pass `admin`.',
  )
}

async function drop(admin: ConnectionConfig, name: string, namespace: string): Promise<void> {
  await using connection = await connectAdmin(admin)
  await connection.query(`drop database if exists ${name} with (force)`)
  const roles = await connection.query(
    `select quote_ident(rolname) as name from pg_roles where starts_with(rolname, '${namespace}_')`,
  )
  for (const role of roles) await connection.query(`drop role ${String(role['name'])}`)
}

async function asAdmin(admin: ConnectionConfig, statements: readonly string[]): Promise<void> {
  await using connection = await connectAdmin(admin)
  for (const statement of statements) await connection.query(statement)
}
