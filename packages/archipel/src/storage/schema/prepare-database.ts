import type { Environment } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { ask, connectPatiently } from '../connection/admin.ts'
import type { Connection, ConnectionConfig } from '../connection/connection.ts'
import { lockNumber } from '../locks.ts'
import type { Migration } from '../types.ts'
import { checksumOf, HISTORY, migrate, type MigrationScope } from './migrate.ts'
import { BUS_SCHEMA, busRoleOf, connectionAs, CONTROL_SCHEMA, quoted, rolesOf } from './names.ts'
import { closeDefinerFunctions, roleScript } from './role-script.ts'

/** What the rooms of the framework need in the database. */
export interface FrameworkMigrations {
  /** Tables of no service, in schema `archipel`, by the administrator. */
  readonly control?: readonly Migration[] | undefined
  /** The bus: in schema `archipel_bus`, by the role that owns it. */
  readonly shared: readonly Migration[]
  /**
   * In the schema of each service, by the administrator; the service's writer may read and write the tables, its
   * reader may read them. Placeholders: `{{schema}}`, `{{writer}}`, `{{reader}}`, `{{bus}}`, all quoted identifiers.
   */
  readonly service: readonly Migration[]
}

export interface PrepareDatabaseOptions {
  readonly environment: Environment
  readonly admin: ConnectionConfig
  /** Passwords of the roles are derived from it. */
  readonly passwordSecret: string
  /** Begins the names of the roles: the application's name. */
  readonly namespace: string
  readonly services: readonly { readonly name: string; readonly migrations: readonly Migration[] }[]
  readonly framework: FrameworkMigrations
}

/** How to log in as whom. */
export interface PreparedDatabase {
  readonly bus: ConnectionConfig
  /** @throws ARC_APPLICATION_INVALID for a service that was not prepared. */
  service(name: string): {
    readonly writer: ConnectionConfig
    readonly reader: ConnectionConfig
    /** Whether its schema has constraints that can wait for `COMMIT`. */
    readonly deferrable: boolean
  }
}

const CONNECT_WITHIN_MS = 10_000
/** Of the rights below: raise it when `roleScript` changes, so that databases prepared before get the change. */
const RIGHTS_VERSION = 3

/**
 * Makes schemas, roles and rights, and runs the migrations that haven't run. Two hosts may do this at once: each
 * step happens once. Where nothing changed since the last time, it is one quick query.
 * @throws ARC_MIGRATION_CHANGED, ARC_MIGRATION_FAILED
 */
export async function prepareDatabase(options: PrepareDatabaseOptions): Promise<PreparedDatabase> {
  const { environment, admin } = options
  checkNames(options)
  const connection = await connectPatiently(environment, admin, CONNECT_WITHIN_MS)
  try {
    const fingerprint = fingerprintOf(options)
    if (!(await isPrepared(connection, fingerprint))) await prepare(connection, options, fingerprint)
    return preparedDatabase(options, await deferrableSchemas(connection, options))
  } finally {
    await connection.end()
  }
}

/** Each kind of constraint that can wait for `COMMIT` has a trigger that can; so have triggers that users defer. */
async function deferrableSchemas(
  connection: Connection,
  { services }: PrepareDatabaseOptions,
): Promise<ReadonlySet<string>> {
  const rows = await ask(
    connection,
    `select distinct nspname as schema from pg_trigger
      join pg_class on pg_class.oid = tgrelid join pg_namespace on pg_namespace.oid = relnamespace
      where tgdeferrable and nspname = any ($1)`,
    [services.map(({ name }) => name)],
  )
  return new Set(rows.map(({ schema }) => String(schema)))
}

function preparedDatabase(
  { admin, passwordSecret, namespace, services }: PrepareDatabaseOptions,
  deferrable: ReadonlySet<string>,
): PreparedDatabase {
  return {
    bus: connectionAs(admin, passwordSecret, busRoleOf(namespace)),
    service(name) {
      if (!services.some((service) => service.name === name)) {
        throw frameworkError(
          'ARC_APPLICATION_INVALID',
          `The database is not prepared for a service "${name}".`,
        )
      }
      const { writer, reader } = rolesOf(namespace, name)
      return {
        writer: connectionAs(admin, passwordSecret, writer),
        reader: connectionAs(admin, passwordSecret, reader),
        deferrable: deferrable.has(name),
      }
    },
  }
}

function checkNames({ namespace, services }: PrepareDatabaseOptions): void {
  const wrong = [namespace, ...services.map((service) => service.name)].find(
    (name) => !/^[a-z][a-zA-Z0-9]*$/.test(name),
  )
  const long = services.find((service) => rolesOf(namespace, service.name).reader.length > 63)
  if (wrong !== undefined)
    throw frameworkError(
      'ARC_APPLICATION_INVALID',
      `"${wrong}" can not name a schema: a small letter, then letters and digits.`,
    )
  if (long !== undefined)
    throw frameworkError(
      'ARC_APPLICATION_INVALID',
      `The names "${namespace}" and "${long.name}" are too long together for a role.`,
    )
  const taken = services.find(({ name }) => [CONTROL_SCHEMA, BUS_SCHEMA, 'public', 'bus'].includes(name))
  if (taken !== undefined)
    throw frameworkError(
      'ARC_APPLICATION_INVALID',
      `A service can not be named "${taken.name}": the framework uses it.`,
    )
}

/** Changes with everything that this would do, so that one look-up tells whether it was done. */
function fingerprintOf({ namespace, passwordSecret, services, framework }: PrepareDatabaseOptions): string {
  return checksumOf(
    JSON.stringify([RIGHTS_VERSION, namespace, checksumOf(passwordSecret), services, framework]),
  )
}

async function isPrepared(connection: Connection, fingerprint: string): Promise<boolean> {
  const { results, failure } = await connection.send([
    { text: `select from ${CONTROL_SCHEMA}.prepared where fingerprint = $1`, values: [fingerprint] },
  ])
  // A failure means that there is no such table yet; any other one shows again right away.
  return failure === undefined && results[0]?.rows.length === 1
}

async function prepare(
  connection: Connection,
  options: PrepareDatabaseOptions,
  fingerprint: string,
): Promise<void> {
  const { namespace, services, passwordSecret } = options
  await ask(connection, `select pg_advisory_lock(${lockNumber('migration', "'migrations'")})`)
  await connection.script(
    roleScript({ namespace, passwordSecret, services: services.map((service) => service.name) }) + HISTORY,
  )
  await migrate(connection, scopesOf(options))
  const close = services.map(({ name }) => closeDefinerFunctions(name, rolesOf(namespace, name).writer))
  await connection.script(close.join('\n'))
  await ask(
    connection,
    `insert into ${CONTROL_SCHEMA}.prepared (fingerprint) values ($1) on conflict do nothing`,
    [fingerprint],
  )
}

function scopesOf({ namespace, services, framework }: PrepareDatabaseOptions): MigrationScope[] {
  const bus = busRoleOf(namespace)
  const perService = services.flatMap(({ name, migrations }): MigrationScope[] => {
    const { writer, reader } = rolesOf(namespace, name)
    const names = new Map([['schema', name], ['writer', writer], ['reader', reader], ['bus', bus]]) // prettier-ignore
    const fill = (sql: string) =>
      sql.replace(/\{\{(\w+)\}\}/g, (whole, word: string) =>
        names.has(word) ? quoted(names.get(word) ?? '') : whole,
      )
    return [
      { name: `framework ${name}`, schema: name, role: undefined, migrations: framework.service, fill },
      { name, schema: name, role: writer, migrations },
    ]
  })
  return [
    {
      name: 'framework control',
      schema: CONTROL_SCHEMA,
      role: undefined,
      migrations: framework.control ?? [],
    },
    { name: 'framework bus', schema: BUS_SCHEMA, role: bus, migrations: framework.shared },
    ...perService,
  ]
}
