import { fileURLToPath } from 'node:url'
import type { Environment } from '../environment/index.ts'
import { busMigrations, inboxMigrations } from '../messaging/index.ts'
import { activityMigrations, sagaMigrations } from '../saga/index.ts'
import type { AnyService } from '../service/index.ts'
import {
  idempotencyMigrations,
  prepareDatabase,
  readMigrations,
  type ConnectionConfig,
  type Migration,
  type PreparedDatabase,
  type PrepareDatabaseOptions,
} from '../storage/index.ts'
import type { Application } from './types.ts'
import { controlMigrations } from './operator-actions.ts'

export interface PrepareOptions {
  readonly environment: Environment
  readonly admin: ConnectionConfig
  readonly passwordSecret: string
  /** Begins the names of the roles. */
  readonly namespace: string
}

/** What an application's services and the framework need in a database. */
export type Preparation = Pick<PrepareDatabaseOptions, 'services' | 'framework'>

/** Schemas, roles, rights and tables of all services and of the framework, up to date. */
export async function prepare(application: Application, options: PrepareOptions): Promise<PreparedDatabase> {
  return prepareDatabase({ ...options, ...(await preparationOf(application, options.environment)) })
}

/** Reads the migrations of all services. */
export async function preparationOf(
  application: Application,
  environment: Environment,
): Promise<Preparation> {
  const services = application.services.map(async (service) => ({
    name: service.contract.name,
    migrations: await migrationsOf(service, environment),
  }))
  return {
    services: await Promise.all(services),
    framework: {
      control: controlMigrations,
      shared: busMigrations.shared,
      service: [...idempotencyMigrations, ...inboxMigrations, ...sagaMigrations, ...activityMigrations],
    },
  }
}

async function migrationsOf(
  { definition }: AnyService,
  { files }: Environment,
): Promise<readonly Migration[]> {
  const { migrations } = definition
  if (migrations === undefined) return []
  return readMigrations(files, typeof migrations === 'string' ? migrations : fileURLToPath(migrations))
}
