import type { JsonObject } from '../errors/index.ts'
import type { FrameworkStatement, Transaction } from '../storage/index.ts'

/** An event that a handler published, on its way into the log with the rest of its transaction. */
export interface OutboundEvent {
  /** UUIDv7. */
  readonly id: string
  /** CloudEvents type: `orders.orderPlaced.v1`. */
  readonly type: string
  /** Events of one publisher and key are delivered in order. */
  readonly key: string
  readonly data: JsonObject
  /** ISO 8601 instant in UTC. */
  readonly time: string
  readonly correlationId: string
  readonly traceparent: string | undefined
  /** What made it happen: an event's or a request's id. */
  readonly causationId: string | undefined
  /** How long it stays in the log at least; without it for ever. */
  readonly keepSeconds?: number
}

/** An event as the log has it. */
export interface LoggedEvent extends OutboundEvent {
  readonly position: number
  /** Stamped by the log from the login role, never by the writer. */
  readonly publisher: string
}

/** What a handler leaves behind for the last round trip of its transaction. */
export interface Leftovers {
  readonly events: readonly OutboundEvent[]
  readonly statements: readonly FrameworkStatement[]
  /** Called after the commit is certain, for hints to this process; never for anything that must happen. */
  readonly committed: () => void
}

export interface SubscriptionDefinition {
  /** The subscribing service. */
  readonly service: string
  /** Its identity within the service: inbox, position, dead letters. */
  readonly name: string
  readonly publisher: string
  readonly types: readonly string[]
  readonly from: 'start' | 'now'
  readonly onPoison: 'park-key' | 'skip'
  readonly retry: {
    readonly attempts: number
    readonly firstDelayMs: number
    readonly longestDelayMs: number
  }
  /** By event type, the fields of its data that say something about a person: they are shown to nobody. */
  readonly personal?: ReadonlyMap<string, readonly string[]> | undefined
  /** Runs inside the transaction that also marks the event as handled. */
  handle(event: LoggedEvent, transaction: Transaction): Promise<Leftovers>
  /**
   * Handles several events at once, in their order, inside the transaction that also marks all of them as handled. What
   * comes alone goes to `handle`: a page of one, a replay, each event of a page that failed. Without it everything does.
   */
  readonly handlePage?:
    | ((events: readonly LoggedEvent[], transaction: Transaction) => Promise<Leftovers>)
    | undefined
}

/**
 * The log of events behind the bus: written by the transaction that publishes, read up to a mark below which
 * nothing can appear any more. Owns order and completeness; inbox, retries and parking are the subscriber's.
 */
export interface EventLog {
  /** The statement that a publishing transaction runs last, right before `COMMIT`. */
  append(events: readonly OutboundEvent[]): FrameworkStatement
  /** Events of a subscription after `after` and up to `upTo` (a mark), in order, at most `limit`. */
  take(
    subscription: { service: string; name: string },
    after: number,
    upTo: number,
    limit: number,
  ): Promise<LoggedEvent[]>
}

/** What an owner finds when it opens the transaction of a page of events. */
export interface OpenedPage {
  /** Positions of the page that the inbox has already. */
  readonly handled: ReadonlySet<number>
  /** Keys of the page that are parked: their events go behind the parked ones. */
  readonly parkedKeys: ReadonlySet<string>
}

/** The tables of a subscriber, in the database of its service. Every write is fenced by the owner's number. */
export interface InboxStore {
  /** First statement of a page's transaction: locks the subscription's row if `fence` is still its number. @throws ARC_OWNERSHIP_LOST */
  open(
    transaction: Transaction,
    subscription: string,
    fence: number,
    events: readonly LoggedEvent[],
  ): Promise<OpenedPage>
  /** Statement that marks events as handled and moves the durable position to `position`, where that is given. */
  handled(
    subscription: string,
    fence: number,
    positions: readonly number[],
    position: number | undefined,
  ): FrameworkStatement
}

/** What an owner has not read yet. */
export interface PageRange {
  readonly after: number
  /** A mark. */
  readonly upTo: number
  readonly limit: number
}

export interface TakenPage {
  readonly events: readonly LoggedEvent[]
  /** Whether the inbox may have any of them already, or a key be parked: `open` tells. */
  readonly doubtful: boolean
}

/** Log and inbox of a subscriber that lie in one database: a page begins with one question to both. */
export interface PageStore {
  /** First statement of a page's transaction: fences it as `InboxStore.open` does and takes what `EventLog.take` would. @throws ARC_OWNERSHIP_LOST */
  take(
    transaction: Transaction,
    subscription: { service: string; name: string },
    fence: number,
    range: PageRange,
  ): Promise<TakenPage>
}

/** What the bus has to know of an event that a service of this host publishes. */
export interface PublishedType {
  readonly publisher: string
  readonly type: string
  /** Undefined: for ever. */
  readonly retentionMs: number | undefined
}

/** A subscription as the bus knows it, whoever handles it. */
export interface RegisteredSubscription {
  readonly service: string
  readonly subscription: string
  readonly publisher: string
  readonly types: readonly string[]
  readonly since: string
  /** Up to here its events are handled and counted: nothing behind it is removed. */
  readonly position: number
  /** Events from before it began that were gone when it began from the start. */
  readonly missed: number
}

/** Delivery counters of one subscription: written = handled + inFlight + parked + discarded, or `drift` isn't 0. */
export interface DeliveryCounters {
  readonly service: string
  readonly subscription: string
  readonly publisher: string
  readonly position: number
  readonly mark: number
  readonly written: number
  readonly handled: number
  readonly inFlight: number
  readonly parked: number
  readonly discarded: number
  readonly drift: number
}

export interface DeadLetter {
  readonly service: string
  readonly subscription: string
  readonly position: number
  readonly key: string
  readonly event: LoggedEvent
  /** `failed`: its handler gave up; `behind`: it waits behind a failed one of its key. */
  readonly reason: 'failed' | 'behind'
  readonly error: string | undefined
  readonly attempts: number
  readonly parkedAt: string
}
