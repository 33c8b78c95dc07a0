import {
  createBoundsSource,
  createClient,
  createEndpointDirectory,
  createLocalTransport,
  createPipeline,
  wireForced,
  type Client,
  type Principal,
} from '../call/index.ts'
import type { Contract } from '../contract/index.ts'
import { systemEnvironment, type Environment } from '../environment/index.ts'
import type { OutboundEvent } from '../messaging/index.ts'
import {
  createIdempotencyStore,
  createServiceDatabase,
  idempotencyMigrations,
  prepareDatabase,
  sql,
  type OpenServiceDatabase,
  type ServiceDatabase,
} from '../storage/index.ts'
import { quietTelemetry, type Telemetry } from '../telemetry/index.ts'
import { createThrowawayDatabase } from '../testing/throwaway-database.ts'
import { bindService, type AnyService, type BoundService, type ServiceRuntime } from './index.ts'

/** Where events and starts of sagas go in these tests: rows that a test can look at. */
const TABLES = `
create table archipel_test_log (data json not null);
create table archipel_test_sagas (saga text not null, id text not null, primary key (saga, id));
`

export interface TestHostOptions {
  readonly services: readonly AnyService[]
  /** Tables, by service. */
  readonly tables?: Readonly<Record<string, string>>
  readonly environment?: Environment
  readonly telemetry?: Telemetry
  /** Without one, services have no database at all. */
  readonly database?: boolean
  readonly forced?: boolean
  /** Connections of each service and role. Default: 8. */
  readonly poolLimit?: number | undefined
}

export interface ClientOf {
  <TContract extends Contract>(
    contract: TContract,
    options?: { principal?: string; roles?: readonly string[]; caller?: string },
  ): Client<TContract>
}

/** Services that live together in one process, on a database of their own. */
export async function openTestHost(options: TestHostOptions) {
  const { services, tables = {}, environment = systemEnvironment(), telemetry = quietTelemetry() } = options
  const data =
    options.database === false
      ? undefined
      : await openDatabases(environment, services, tables, options.poolLimit)
  const endpoints = createEndpointDirectory()
  const local = createLocalTransport(endpoints)
  const transport = options.forced
    ? wireForced(local, { contracts: services.map(({ contract }) => contract) })
    : local
  const bounds = createBoundsSource(environment)
  const pipeline = createPipeline({ environment, transport, bounds })
  const bound = new Map<string, BoundService>()
  const committed: string[] = []
  for (const service of services) {
    const database = data?.of(service.contract.name)
    const shared = { environment, telemetry, pipeline, bounds }
    const one = bindService(service, { ...shared, ...storesOf(database), ...hooksOf(committed) })
    bound.set(service.contract.name, one)
    endpoints.register(one.endpoint)
  }
  const client: ClientOf = (contract, { principal, roles = [], caller = 'gateway' } = {}) => {
    const who: Principal | undefined =
      principal === undefined ? undefined : { id: principal, roles, scopes: [] }
    const metadata = {
      caller,
      principal: who,
      idempotencyKey: undefined,
      correlationId: 'c-test',
      traceparent: undefined,
      undoes: undefined,
    }
    return createClient(contract, { pipeline, metadata, bounds: undefined })
  }
  return {
    client,
    bound,
    bounds,
    pipeline,
    transport,
    /** What hints were given after commits. */
    committed,
    database(name: string): OpenServiceDatabase {
      const found = data?.of(name)
      if (!found) throw new Error('this test has no database')
      return found
    },
    async [Symbol.asyncDispose]() {
      await data?.[Symbol.asyncDispose]()
    },
  }
}

async function openDatabases(
  environment: Environment,
  services: readonly AnyService[],
  tables: Readonly<Record<string, string>>,
  poolLimit = 8,
) {
  const throwaway = await createThrowawayDatabase()
  const prepared = await prepareDatabase({
    environment,
    admin: throwaway.connection,
    passwordSecret: 'a secret of tests',
    namespace: throwaway.namespace,
    services: services.map(({ contract: { name } }) => ({
      name,
      migrations: [{ name: '0001-tables', sql: tables[name] ?? 'select 1' }],
    })),
    framework: { shared: [], service: [...idempotencyMigrations, { name: '0002-test', sql: TABLES }] },
  })
  const databases = new Map(
    services.map(
      ({ contract: { name } }) =>
        [
          name,
          createServiceDatabase({ environment, service: name, poolLimit, ...prepared.service(name) }),
        ] as const,
    ),
  )
  return {
    of: (name: string) => databases.get(name),
    async [Symbol.asyncDispose]() {
      for (const database of databases.values()) await database.close()
      await throwaway[Symbol.asyncDispose]()
    },
  }
}

function storesOf(
  database: OpenServiceDatabase | undefined,
): Pick<ServiceRuntime, 'database' | 'idempotency' | 'eventLog'> {
  const present = database ?? absent('database')
  return {
    database: present,
    idempotency: database ? createIdempotencyStore(database) : absent('idempotency'),
    eventLog: {
      append: (events) => ({
        text: 'insert into archipel_test_log select value from json_array_elements($1::json)',
        values: [JSON.stringify(events)],
      }),
    },
  }
}

function absent(what: string): never {
  return new Proxy({}, { get: () => () => Promise.reject(new Error(`no ${what} in this test`)) }) as never
}

function hooksOf(committed: string[]): Pick<ServiceRuntime, 'hints' | 'kick' | 'sagas' | 'activities'> {
  return {
    activities: {
      execute: () => Promise.reject(new Error('no activities in this test')),
      async start(transaction, requests) {
        for (const { operation, id } of requests) {
          if (id === 'broken') throw new Error('its intent fails')
          const values = [operation, id]
          await transaction.query({ text: 'insert into archipel_test_sagas values ($1, $2)', values })
        }
        const last = {
          text: "insert into archipel_test_sagas values ('last', $1)",
          values: [requests.length],
        }
        return { events: [], statements: [last], committed: () => void committed.push('started') }
      },
    },
    hints: {
      wait: async () => undefined,
      changed: (publisher, key) => void committed.push(`changed ${publisher} ${key}`),
    },
    kick: () => void committed.push('kick'),
    sagas: {
      start: (saga, id) => ({
        statement: {
          text: 'insert into archipel_test_sagas values ($1, $2) on conflict do nothing',
          values: [saga, id],
        },
        // The tests look at nothing but its id.
        instance: { saga, id } as never,
      }),
      requestCancel: (saga, id) => ({
        text: 'delete from archipel_test_sagas where saga = $1 and id = $2',
        values: [saga, id],
      }),
      adopt: ({ saga, id }) => void committed.push(`adopt ${saga} ${id}`),
    },
  }
}

/** Events in the log of a service, as they were published. */
export async function publishedBy(database: ServiceDatabase): Promise<OutboundEvent[]> {
  const rows = await database.query({ text: 'select data from archipel_test_log', values: [] })
  return rows.map((row) => row['data'] as OutboundEvent)
}

export async function countOf(database: ServiceDatabase, table: string): Promise<number> {
  const rows = await database.query({ text: `select count(*)::int as count from ${table}`, values: [] })
  return Number(rows[0]?.['count'])
}

export { sql }
