import type { DeadLetter, DeliveryCounters, EventLog, LoggedEvent, RegisteredSubscription } from './types.ts'

/** Picks dead letters of one subscription: one key with all that waits behind it, or everything. */
export interface DeadLetterSelection {
  readonly service: string
  readonly subscription: string
  /** Default: all keys. */
  readonly key?: string | undefined
}

export interface OperatorAction {
  /** Who does it, as the record shall name them. */
  readonly who: string
  readonly why: string
}

export interface DeadLetterPage {
  readonly items: readonly DeadLetter[]
  /** Hand it back as `after` to go on; undefined at the end. */
  readonly next: string | undefined
}

/** Picks events; all that is given must hold. */
export interface EventFilter {
  readonly publisher?: string | undefined
  readonly type?: string | undefined
  readonly key?: string | undefined
  readonly correlationId?: string | undefined
}

export interface EventPage {
  /** The latest first. */
  readonly items: readonly LoggedEvent[]
  /** Hand it back as `after` to go on; undefined at the end. */
  readonly next: string | undefined
}

/** What events are looked for by: one of these keys, or one of these requests. */
export interface EventTraces {
  readonly keys: readonly string[]
  readonly correlationIds: readonly string[]
}

/** How far one event has come with one subscription. */
export interface EventDelivery {
  readonly service: string
  readonly subscription: string
  readonly position: number
  readonly state: 'waiting' | 'handled' | 'retrying' | 'parked' | 'discarded'
  readonly attempts: number | undefined
  readonly error: string | undefined
}

/** A subscription as an operator sees it. */
export interface SubscriptionState extends RegisteredSubscription {
  /** Whether code of this host handles it. One that nobody handles holds back housekeeping until it is dropped. */
  readonly handled: boolean
}

/** What an operator can see and do. Every action is recorded with who and why. */
export interface MessagingOperations {
  deadLetters(filter: {
    service?: string
    subscription?: string
    after?: string | undefined
    limit?: number
  }): Promise<DeadLetterPage>
  deadLetter(service: string, subscription: string, position: number): Promise<DeadLetter | undefined>
  /** Asks the owner to handle parked events again, in order. @returns how many keys are released. @throws ARC_ACTION_REFUSED when nothing is parked. */
  replay(selection: DeadLetterSelection, action: OperatorAction): Promise<number>
  /** Gives parked events up: they count as discarded. @returns how many. @throws ARC_ACTION_REFUSED when nothing is parked. */
  discard(selection: DeadLetterSelection & { position?: number }, action: OperatorAction): Promise<number>
  /** The log, the latest first. Data comes as it was written, with what is personal. */
  events(filter: EventFilter & { after?: string | undefined; limit: number }): Promise<EventPage>
  event(position: number): Promise<LoggedEvent | undefined>
  /** Events by key or request, in order, at most `limit`. */
  eventsAbout(traces: EventTraces, limit: number): Promise<LoggedEvent[]>
  /** How far events have come with every subscription of this host that takes them. */
  deliveries(events: readonly LoggedEvent[]): Promise<EventDelivery[]>
  /** Those of the services of this host. */
  subscriptions(): Promise<readonly SubscriptionState[]>
  /**
   * Forgets a subscription that no code handles any more, with its inbox. Under its name a new one may begin.
   * @throws ARC_ACTION_REFUSED while it is handled or has dead letters, ARC_NOT_FOUND
   */
  dropSubscription(
    selection: { service: string; subscription: string },
    action: OperatorAction,
  ): Promise<void>
  /** Exact counters of every subscription of this host. With `recount` the log is counted from the subscription's start. */
  deliveryCounters(options?: { recount?: boolean }): Promise<DeliveryCounters[]>
}

/** Wakes those who show a thing as it changes. A hint may be lost or come twice: look again, never trust it. */
export interface ChangeHints {
  /** Resolves when events of `publisher` and `key` were committed in this process, after `timeoutMs`, or when aborted. */
  wait(
    publisher: string,
    key: string,
    options: { timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<void>
  /** Events of this publisher and key have just been committed. */
  changed(publisher: string, key: string): void
}

/** The bus as one host sees it: the logs of its services, its subscriptions, its keeper of the mark. */
export interface Messaging {
  /** @throws ARC_APPLICATION_INVALID for a service that isn't in this host. */
  eventLog(service: string): EventLog
  /** Registers roles and subscriptions, then begins to deliver. Doing it twice does nothing. */
  start(): Promise<void>
  /** Takes no more pages, finishes those in flight and hands the subscriptions back. */
  drain(): Promise<void>
  /** Ends at once; what is in flight is rolled back. */
  close(): Promise<void>
  /** Events of `publisher` have just been committed in this process: look at once, and wake those who wait for their keys. */
  kick(publisher?: string, events?: readonly { readonly key: string }[]): void
  /** Resolves when every subscription owned here has reached the mark of now with nothing in flight (blocked keys that wait for their retry count as in flight). @returns that mark. */
  idle(): Promise<number>
  /** One round of removing what may go, in small transactions. @returns how many events went. */
  keepHouse(signal?: AbortSignal): Promise<number>
  readonly hints: ChangeHints
  readonly operations: MessagingOperations
}
