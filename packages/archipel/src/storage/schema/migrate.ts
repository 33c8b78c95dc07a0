import { createHash } from 'node:crypto'
import pg from 'pg'
import { frameworkError } from '../../errors/index.ts'
import { ask } from '../connection/admin.ts'
import type { Connection } from '../connection/connection.ts'
import type { Migration } from '../types.ts'
import { CONTROL_SCHEMA, literal, quoted } from './names.ts'
import { statementsOf, type ScriptStatement } from './script-statements.ts'

/** Migrations that share a history: those of one service, or the framework's in one schema. */
export interface MigrationScope {
  /** Such as `orders`, or `framework orders`. */
  readonly name: string
  readonly schema: string
  /** Whom the migrations act as; undefined: the administrator. */
  readonly role: string | undefined
  readonly migrations: readonly Migration[]
  /** Replaces the `{{placeholders}}` of the framework's own migrations. */
  readonly fill?: ((sql: string) => string) | undefined
}

export const HISTORY = `
create table if not exists ${CONTROL_SCHEMA}.migrations (
  scope text not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now(),
  primary key (scope, name)
);
create table if not exists ${CONTROL_SCHEMA}.prepared (
  fingerprint text primary key,
  at timestamptz not null default now()
);`

export function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Runs what hasn't run yet, each in a transaction of its own. The caller holds the migration lock.
 * @throws ARC_MIGRATION_CHANGED naming all that were changed, before anything runs; ARC_MIGRATION_FAILED
 */
export async function migrate(connection: Connection, scopes: readonly MigrationScope[]): Promise<void> {
  const rows = await ask(connection, `select scope, name, checksum from ${CONTROL_SCHEMA}.migrations`)
  const applied = new Map(
    rows.map((row) => [`${String(row.scope)}/${String(row.name)}`, String(row.checksum)]),
  )
  const changed = scopes.flatMap((scope) => changesIn(scope, applied))
  if (changed.length > 0) {
    throw frameworkError(
      'ARC_MIGRATION_CHANGED',
      `Migrations were changed after they had run: ${changed.join('; ')}.`,
      {
        details: { migrations: changed },
      },
    )
  }
  for (const scope of scopes) {
    for (const migration of scope.migrations) {
      if (!applied.has(`${scope.name}/${migration.name}`)) await run(connection, scope, migration)
    }
  }
}

function changesIn(scope: MigrationScope, applied: ReadonlyMap<string, string>): string[] {
  const keys = scope.migrations.map((migration) => `${scope.name}/${migration.name}`)
  // The framework's own come from several rooms, each with numbers of its own.
  const last = scope.fill === undefined ? keys.findLastIndex((key) => applied.has(key)) : -1
  return scope.migrations.flatMap((migration, index) => {
    const known = applied.get(`${scope.name}/${migration.name}`)
    if (known === undefined)
      return index < last ? [`${scope.name}/${migration.name} was put before one that has run`] : []
    return known === checksumOf(migration.sql) ? [] : [`${scope.name}/${migration.name}`]
  })
}

async function run(connection: Connection, scope: MigrationScope, migration: Migration): Promise<void> {
  const sql = scope.fill === undefined ? migration.sql : scope.fill(migration.sql)
  const as = scope.role === undefined ? '' : `set local role ${quoted(scope.role)};`
  const record = `insert into ${CONTROL_SCHEMA}.migrations (scope, name, checksum)
    values (${literal(scope.name)}, ${literal(migration.name)}, ${literal(checksumOf(migration.sql))})`
  const steps = [
    `begin; set local search_path = ${quoted(scope.schema)}; ${as}`,
    sql,
    `reset role; ${record}; commit`,
  ]
  // Sent together; behind one that failed the server refuses the rest.
  const outcomes = await Promise.allSettled(steps.map((step) => connection.script(step)))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed === undefined) return
  if (connection.usable) await connection.script('rollback')
  throw migrationFailed(scope, migration, sql, failed.reason)
}

function migrationFailed(scope: MigrationScope, migration: Migration, sql: string, error: unknown): Error {
  const server = error instanceof pg.DatabaseError ? error : undefined
  const failed = server === undefined ? undefined : placeOf(server, sql)
  const shown = failed === undefined ? '' : ` at line ${failed.line}: ${shortened(failed.text)}`
  const message = error instanceof Error ? error.message : String(error)
  // The framework's own are in no file.
  const file = scope.fill === undefined ? `${migration.name}.sql` : migration.name
  return frameworkError(
    'ARC_MIGRATION_FAILED',
    `Migration ${scope.name}/${file} failed and was rolled back: ${message}${shown}`,
    {
      details: {
        scope: scope.name,
        migration: migration.name,
        line: failed?.line ?? null,
        code: server?.code ?? null,
      },
      cause: error,
    },
  )
}

/** The line that the server points to; where it points to none, as for rows that don't fit, the statement that failed. */
function placeOf(server: pg.DatabaseError, sql: string): ScriptStatement | undefined {
  if (server.position === undefined) {
    const completed: unknown = Reflect.get(server, 'completed')
    return typeof completed === 'number' ? statementsOf(sql)[completed] : undefined
  }
  const line = sql.slice(0, Math.max(Number(server.position) - 1, 0)).split('\n').length
  return { line, text: sql.split('\n')[line - 1] ?? '' }
}

function shortened(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
}
