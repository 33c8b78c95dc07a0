import { createHmac } from 'node:crypto'
import { join, resolve } from 'node:path'
import pg from 'pg'
import type { Environment } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import type { Log } from '../../telemetry/index.ts'
import type { ConnectionConfig } from '../connection/connection.ts'
import { findBinaries } from '../embedded/binaries.ts'
import { createCluster } from '../embedded/cluster.ts'
import { ADMIN } from '../embedded/initialise.ts'
import { keepAlive } from '../embedded/keep-alive.ts'
import { makePlaces, readSecret } from '../embedded/places.ts'
import { superviseServer, type ServerEngine, type SupervisedServer } from './supervise.ts'

export interface DatabaseServerOptions {
  readonly environment: Environment
  /** Holds the embedded server, its secret and the registrations of hosts. */
  readonly dataFolder: string
  /** Name of this host: at most one of each name runs on the same data. Default: `embedded`. */
  readonly host?: string | undefined
  /** A PostgreSQL of your own (15 or later) instead of the embedded one. */
  readonly databaseUrl?: string | undefined
  readonly log: Log
}

/** The one PostgreSQL of an application, ours or given, held by this host. */
export interface DatabaseServer extends SupervisedServer {
  readonly embedded: boolean
  /** A superuser of the embedded server, or the user of the given URL. */
  readonly adminConnection: ConnectionConfig
  /** Passwords of roles are derived from it, so that nothing has to store them. */
  readonly passwordSecret: string
}

/**
 * Starts the embedded server, or adopts the one that runs on the data, or connects to the given one; registers
 * this host there and looks after the server until `close`.
 * @throws ARC_DATA_IN_USE, ARC_DATABASE_START, ARC_DATABASE_SETTINGS, ARC_DATABASE_UNAVAILABLE
 */
export async function openDatabaseServer(options: DatabaseServerOptions): Promise<DatabaseServer> {
  const letGo = keepAlive()
  try {
    return options.databaseUrl === undefined
      ? await openEmbedded(options)
      : await openGiven(options, options.databaseUrl)
  } finally {
    letGo()
  }
}

async function openEmbedded(options: DatabaseServerOptions): Promise<DatabaseServer> {
  const { environment } = options
  const dataFolder = resolve(options.dataFolder)
  const places = await makePlaces(environment, dataFolder)
  const binaries = await findBinaries(environment, places.account, places.refuge)
  const password = createHmac('sha256', places.secret).update('admin').digest('hex')
  const cluster = createCluster(environment, places, binaries, password)
  const running = await cluster.ensureRunning()
  const connection = {
    host: running.socketFolder,
    port: running.port,
    database: 'postgres',
    user: ADMIN,
    password,
    ssl: false,
  }
  const engine: ServerEngine = {
    ensureRunning: async () => void (await cluster.ensureRunning()),
    stop: () => cluster.stop(),
    checksums: 'demanded',
  }
  const server = await superviseServer({
    ...options,
    host: options.host ?? 'embedded',
    dataFolder,
    connection,
    engine,
  })
  return Object.assign(server, { embedded: true, adminConnection: connection, passwordSecret: places.secret })
}

async function openGiven(options: DatabaseServerOptions, url: string): Promise<DatabaseServer> {
  const connection = readUrl(url)
  const engine: ServerEngine = { ensureRunning: async () => undefined, stop: undefined, checksums: 'wished' }
  const dataFolder = resolve(options.dataFolder)
  await options.environment.files.makeFolder(dataFolder)
  const server = await superviseServer({
    ...options,
    host: options.host ?? 'embedded',
    dataFolder,
    connection,
    engine,
  })
  // Without a password in the URL there is nothing secret to derive from.
  const root =
    connection.password === ''
      ? await readSecret(options.environment, join(dataFolder, 'secret'))
      : connection.password
  const passwordSecret = createHmac('sha256', root).update('archipel roles').digest('hex')
  return Object.assign(server, { embedded: false, adminConnection: connection, passwordSecret })
}

/** @throws ARC_CONFIGURATION_INVALID, without the URL: it holds a password. */
export function readUrl(url: string): ConnectionConfig {
  try {
    const { host, port, database, user, password, ssl } = new pg.Client({ connectionString: url })
    return {
      host,
      port,
      database: database ?? 'postgres',
      user: user ?? 'postgres',
      password: password ?? '',
      ssl,
    }
  } catch (cause) {
    throw frameworkError(
      'ARC_CONFIGURATION_INVALID',
      'DATABASE_URL is not a URL such as postgres://user:password@host:5432/database.',
      { cause },
    )
  }
}
