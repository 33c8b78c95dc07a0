import type { Environment } from '../environment/index.ts'
import type { FrameworkStatement, Row, ServiceDatabase } from '../storage/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { EventLog, InboxStore, PublishedType, SubscriptionDefinition } from './types.ts'

/** A connection (or pool) of the role that owns the bus: for the keeper of the mark and for registrations. */
export interface BusConnection {
  /** One statement in a transaction of its own, under READ COMMITTED. */
  query(statement: FrameworkStatement): Promise<Row[]>
}

export interface MessagingOptions {
  readonly environment: Environment
  readonly telemetry: Telemetry
  /**
   * Name of this host: no other live process may have it. It stays the same when the host is restarted, so that
   * the new process goes on at once where the old one was killed.
   */
  readonly instance: string
  readonly bus: BusConnection
  /** The databases of the services that live in this host, publishers and subscribers, by service. */
  readonly databases: ReadonlyMap<string, ServiceDatabase>
  readonly subscriptions: readonly SubscriptionDefinition[]
  /** What the services of this host publish. Default: all of it stays for ever. */
  readonly published?: readonly PublishedType[] | undefined
  /** Default: the log in PostgreSQL, which is asked together with the default inbox. Called once for each service of `databases`. */
  readonly createEventLog?: ((database: ServiceDatabase) => EventLog) | undefined
  /** Default: the inbox in the service's own database, which is asked together with the default log. Called once for each service of `databases`. */
  readonly createInboxStore?: ((database: ServiceDatabase) => InboxStore) | undefined
  readonly settings?: Partial<MessagingSettings> | undefined
}

export interface MessagingSettings {
  /** Events of one page, handled in one transaction. Default 100, range 1 to 100. */
  readonly pageSize: number
  /**
   * Shortest time between the beginnings of two pages of one subscription, so that under load a page holds several
   * events; up to four times as long while pages follow each other. The first event after a pause goes at once, and so
   * does what follows a full page. Default 20 ms, 0: never wait.
   */
  readonly pageEveryMs: number
  /** How long an owner may be silent before another instance takes its subscription over. Default 10,000 ms. */
  readonly leaseMs: number
  /** Longest time that the transaction of a page, or of one event, may take. Default 20,000 ms. */
  readonly handlerTimeoutMs: number
  /** How often the mark is looked up while nothing kicks. Default 250 ms. */
  readonly idlePollMs: number
  /** Shortest time from a look at the mark that found something to the next; after one that found nothing it comes at once. Default 12 ms. */
  readonly busyPollMs: number
  /** How often housekeeping folds inbox rows and counts deliveries. Default 10,000 ms. */
  readonly housekeepingMs: number
  /** Newest inbox rows of a subscription that housekeeping leaves. Default 1,000. */
  readonly inboxRowsKept: number
  /** Keys of one subscription that may be blocked at a time; beyond it the subscription reads no further. Default 1,000. */
  readonly blockedKeys: number
  /** An append that has held its lock for longer raises an alarm. Default 10,000 ms. */
  readonly slowWriterMs: number
}
