import { systemEnvironment, type Environment } from '../environment/index.ts'
import {
  connectAdmin,
  createServiceDatabase,
  prepareDatabase,
  type AdminConnection,
  type FrameworkMigrations,
  type OpenServiceDatabase,
  type PreparedDatabase,
  type Transaction,
} from '../storage/index.ts'
import { quietTelemetry, type Telemetry } from '../telemetry/index.ts'
import { createThrowawayDatabase } from '../testing/throwaway-database.ts'
import { busMigrations, createMessaging, inboxMigrations } from './index.ts'
import type {
  Leftovers,
  LoggedEvent,
  Messaging,
  MessagingOptions,
  OutboundEvent,
  SubscriptionDefinition,
} from './index.ts'

/** Services of the tests: `orders` publishes, `stock` and `mail` listen; each has a table that its handlers write. */
const SERVICES = ['orders', 'stock', 'mail']
const TABLE = {
  name: '0001-seen',
  sql: 'create table seen (id bigint generated always as identity primary key, subscription text, position bigint, key text)',
}

export interface Scene extends AsyncDisposable {
  readonly environment: Environment
  readonly prepared: PreparedDatabase
  readonly admin: AdminConnection
  readonly databases: ReadonlyMap<string, OpenServiceDatabase>
  database(service: string): OpenServiceDatabase
  /** Brings the tables up to date. */
  migrate(): Promise<void>
  /** A host's messaging; drained at the end of the scene. */
  messaging(subscriptions: readonly SubscriptionDefinition[], options?: Partial<MessagingOptions>): Messaging
  /** Publishes in a transaction of its own, as `orders` unless told otherwise. */
  publish(events: readonly OutboundEvent[], service?: string): Promise<void>
  /** Keys that handlers of a subscription wrote, in the order of their writing, each with its position. */
  seen(service: string, subscription: string): Promise<{ key: string; position: number }[]>
}

/** @param before migrations that a former state had; `migrate` runs those that it had not. */
export async function createScene(before?: FrameworkMigrations): Promise<Scene> {
  const throwaway = await createThrowawayDatabase()
  const environment = systemEnvironment()
  const migrate = (framework: FrameworkMigrations) =>
    prepareDatabase({
      environment,
      admin: throwaway.connection,
      namespace: throwaway.namespace,
      passwordSecret: 'a secret of tests',
      services: SERVICES.map((name) => ({ name, migrations: [TABLE] })),
      framework,
    })
  const now = { shared: busMigrations.shared, service: inboxMigrations }
  const prepared = await migrate(before ?? now)
  const admin = await connectAdmin(throwaway.connection)
  const databases = new Map(
    SERVICES.map((service) => [
      service,
      createServiceDatabase({ environment, service, ...prepared.service(service) }),
    ]),
  )
  const bus = createServiceDatabase({
    environment,
    service: 'bus',
    writer: prepared.bus,
    reader: prepared.bus,
  })
  const open: Messaging[] = []
  const database = (service: string): OpenServiceDatabase => {
    const found = databases.get(service)
    if (found === undefined) throw new Error(`no service ${service} in the scene`)
    return found
  }

  return {
    environment,
    prepared,
    admin,
    databases,
    database,
    migrate: async () => void (await migrate(now)),
    messaging(subscriptions, options = {}) {
      const messaging = createMessaging({
        environment,
        telemetry: quietTelemetry(),
        instance: `host-${open.length}`,
        bus,
        databases,
        subscriptions,
        ...options,
      })
      open.push(messaging)
      return messaging
    },
    async publish(events, service = 'orders') {
      await using transaction = await database(service).begin()
      await transaction.commit([
        open[0]?.eventLog(service).append(events) ?? { text: 'select 1', values: [] },
      ])
    },
    async seen(service, subscription) {
      const rows = await admin.query(
        `select key, position from ${service}.seen where subscription = $1 order by id`,
        [subscription],
      )
      return rows.map((row) => ({ key: String(row['key']), position: Number(row['position']) }))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(open.map((messaging) => messaging.close()))
      await Promise.all([...databases.values(), bus].map((each) => each.close()))
      await admin[Symbol.asyncDispose]()
      await throwaway[Symbol.asyncDispose]()
    },
  }
}

let made = 0

export function event(
  key: string,
  data: OutboundEvent['data'] = {},
  type = 'orders.orderPlaced.v1',
): OutboundEvent {
  const id = `event-${++made}`
  return {
    id,
    type,
    key,
    data,
    time: '2026-01-01T00:00:00.000Z',
    correlationId: `correlation-${id}`,
    traceparent: undefined,
    causationId: undefined,
  }
}

export const nothingLeft: Leftovers = { events: [], statements: [], committed: () => undefined }

/** A subscription of `stock` to `orders` that writes a row for each event, after `first` had its say. */
export function subscription(
  name: string,
  first: (event: LoggedEvent) => void | Promise<void> = () => undefined,
  change: Partial<SubscriptionDefinition> = {},
): SubscriptionDefinition {
  return {
    service: 'stock',
    name,
    publisher: 'orders',
    types: ['orders.orderPlaced.v1'],
    from: 'start',
    onPoison: 'park-key',
    retry: { attempts: 3, firstDelayMs: 5, longestDelayMs: 20 },
    async handle(handled, transaction) {
      await transaction.query({
        text: 'insert into seen (subscription, position, key) values ($1, $2, $3)',
        values: [name, handled.position, handled.key],
      })
      await first(handled)
      return nothingLeft
    },
    ...change,
  }
}

/** The same with a handler that takes pages: one statement writes the rows of all of them. */
export function pageSubscription(
  name: string,
  first: (events: readonly LoggedEvent[]) => void | Promise<void> = () => undefined,
  change: Partial<SubscriptionDefinition> = {},
): SubscriptionDefinition {
  const handlePage: SubscriptionDefinition['handlePage'] = async (events, transaction) => {
    await transaction.query({
      text: 'insert into seen (subscription, position, key) select $1, e.* from unnest($2::bigint[], $3::text[]) e',
      values: [name, events.map((handled) => handled.position), events.map((handled) => handled.key)],
    })
    await first(events)
    return nothingLeft
  }
  const handle = (handled: LoggedEvent, transaction: Transaction) => handlePage([handled], transaction)
  return { ...subscription(name), handle, handlePage, ...change }
}

/** Telemetry that remembers what was logged as an error, and the gauges. */
export function listeningTelemetry(): Telemetry & {
  readonly errors: string[]
  gaugeOf(name: string): Promise<number[]>
} {
  const errors: string[] = []
  const gauges = new Map<string, () => Iterable<{ value: number }> | Promise<Iterable<{ value: number }>>>()
  const quiet = quietTelemetry()
  const log = { ...quiet.log, error: (message: string) => void errors.push(message), with: () => log }
  return {
    ...quiet,
    log,
    errors,
    gauge: (name, _help, _labels, read) => void gauges.set(name, read),
    gaugeOf: async (name) => [...((await gauges.get(name)?.()) ?? [])].map(({ value }) => value),
  }
}
