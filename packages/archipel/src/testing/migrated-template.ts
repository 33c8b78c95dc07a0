import { createHash } from 'node:crypto'
import { preparationOf, prepare, type Application } from '../application/index.ts'
import type { Environment } from '../environment/index.ts'
import { connectAdmin, lockNumber, type ConnectionConfig } from '../storage/index.ts'

/** A database with everything an application needs in it, to be copied; nobody connects to it any more. */
export interface MigratedTemplate {
  readonly database: string
  /** Roles belong to the whole server: all copies share those of the template. */
  readonly namespace: string
  readonly passwordSecret: string
}

/**
 * Finds the template of exactly these services and migrations, or makes it: once on a server, however many test
 * processes ask at the same time.
 */
export async function migratedTemplate(
  application: Application,
  admin: ConnectionConfig,
  environment: Environment,
): Promise<MigratedTemplate> {
  const preparation = await preparationOf(application, environment)
  const fingerprint = createHash('sha256').update(JSON.stringify(preparation)).digest('hex').slice(0, 12)
  const template = {
    database: `archipel_template_${fingerprint}`,
    namespace: `t${fingerprint}`,
    passwordSecret: `tests ${admin.password}`,
  }
  await using connection = await connectAdmin(admin)
  const exists = async () =>
    (await connection.query('select from pg_database where datname = $1', [template.database])).length > 0
  if (await exists()) return template
  // The lock ends with the connection.
  await connection.query(`select pg_advisory_lock(${lockNumber('migration', `'${template.database}'`)})`)
  if (await exists()) return template
  const draft = `${template.database}_draft`
  await connection.query(`drop database if exists ${draft} with (force)`)
  await connection.query(`create database ${draft} template template0 strategy wal_log`)
  await prepare(application, { ...template, environment, admin: { ...admin, database: draft } })
  // Named last: who sees the name sees a finished template.
  await connection.query(`alter database ${draft} rename to ${template.database}`)
  return template
}
