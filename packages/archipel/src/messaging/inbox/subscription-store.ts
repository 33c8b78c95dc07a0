import type { FrameworkStatement, Row, ServiceDatabase, Transaction } from '../../storage/index.ts'
import type { LoggedEvent } from '../types.ts'

/** What an owner got with its subscription. */
export interface Ownership {
  /** Stands in every write of the owner; a later owner has a higher one. */
  readonly fence: number
  /** The durable position. */
  readonly position: number
  /** Owners in a row, up to now, that ended without handing back and without progress. */
  readonly unclean: number
}

/** An event that failed and blocks its key until it is tried again. */
export interface BlockedKey {
  readonly key: string
  readonly position: number
  readonly attempts: number
  readonly waitMs: number
}

export interface FailedAttempt {
  readonly event: LoggedEvent
  readonly attempts: number
  readonly error: string
}

export interface ReplayedLetter {
  readonly event: LoggedEvent
  readonly attempts: number
}

/** Ownership, retries and parking of one service's subscriptions, in its database. Every write is fenced. */
export interface SubscriptionStore {
  /** @returns undefined while another instance owns it. A subscription that is new begins at `firstPosition`. */
  claim(
    subscription: string,
    instance: string,
    leaseMs: number,
    firstPosition: number,
  ): Promise<Ownership | undefined>
  /** @returns how many replays an operator waits for, or undefined when another instance took over. */
  renew(subscription: string, fence: number, position: number): Promise<number | undefined>
  release(subscription: string, fence: number, position: number): Promise<void>
  blocked(subscription: string): Promise<BlockedKey[]>
  failed(subscription: string, fence: number, failure: FailedAttempt, delayMs: number): Promise<void>
  /** Gives an event up; with `parkKey` later events of its key go behind it. */
  park(subscription: string, fence: number, failure: FailedAttempt, parkKey: boolean): Promise<void>
  /** Statement of a page's transaction, for events whose key the page found parked. */
  parkBehind(subscription: string, events: readonly LoggedEvent[]): FrameworkStatement
  /** First statement of a replay's transaction: fences it and locks the next letter that was asked for. */
  nextReplay(
    transaction: Transaction,
    subscription: string,
    fence: number,
  ): Promise<ReplayedLetter | undefined>
  /** Statement that ends a replay: the letter is gone, its event handled, its key free if it was the last. */
  replayed(subscription: string, fence: number, event: LoggedEvent): FrameworkStatement
  replayFailed(subscription: string, fence: number, failure: FailedAttempt): Promise<void>
  /** Folds inbox rows that the position covers into a number. @returns how many; fewer than `most`: all of them. */
  fold(subscription: string, fence: number, keep: number, most: number): Promise<number>
}

export function createSubscriptionStore(database: ServiceDatabase): SubscriptionStore {
  const call = (name: string, text: string, ...values: unknown[]) =>
    database.query({ name: `archipel_subscription_${name}`, text, values })
  return {
    async claim(subscription, instance, leaseMs, firstPosition) {
      const [row] = await call(
        'claim',
        'select * from archipel_claim($1, $2, $3, $4)',
        subscription,
        instance,
        leaseMs,
        firstPosition,
      )
      return (
        row && {
          fence: row['fence'] as number,
          position: row['at'] as number,
          unclean: row['unclean'] as number,
        }
      )
    },
    async renew(subscription, fence, position) {
      const [row] = await call(
        'renew',
        'select archipel_renew($1, $2, $3) as replays',
        subscription,
        fence,
        position,
      )
      return (row?.['replays'] as number | null) ?? undefined
    },
    async release(subscription, fence, position) {
      await call('release', 'select archipel_release($1, $2, $3)', subscription, fence, position)
    },
    async blocked(subscription) {
      return (await call('blocked', 'select * from archipel_blocked($1)', subscription)).map(blockedKey)
    },
    async failed(subscription, fence, { event, attempts, error }, delayMs) {
      const text = 'select archipel_failed($1, $2, $3, $4, $5, $6, $7)'
      await call('failed', text, subscription, fence, event.key, event.position, attempts, delayMs, error)
    },
    async park(subscription, fence, { event, attempts, error }, parkKey) {
      const text = 'select archipel_park($1, $2, $3, $4, $5, $6, $7, $8)'
      await call(
        'park',
        text,
        subscription,
        fence,
        event.position,
        event.key,
        event,
        error,
        attempts,
        parkKey,
      )
    },
    parkBehind: (subscription, events) => ({
      name: 'archipel_subscription_park_behind',
      text: 'select archipel_park_behind($1, $2)',
      values: [subscription, JSON.stringify(events)],
    }),
    async nextReplay(transaction, subscription, fence) {
      const text = 'select event, tried from archipel_next_replay($1, $2)'
      const [row] = await transaction.query({
        name: 'archipel_subscription_next_replay',
        text,
        values: [subscription, fence],
      })
      return row && { event: storedEvent(row['event']), attempts: row['tried'] as number }
    },
    replayed: (subscription, fence, event) => ({
      name: 'archipel_subscription_replayed',
      text: 'select archipel_replayed($1, $2, $3, $4)',
      values: [subscription, fence, event.position, event.key],
    }),
    async replayFailed(subscription, fence, { event, error }) {
      const text = 'select archipel_replay_failed($1, $2, $3, $4, $5)'
      await call('replay_failed', text, subscription, fence, event.position, event.key, error)
    },
    async fold(subscription, fence, keep, most) {
      const [row] = await call(
        'fold',
        'select archipel_fold($1, $2, $3, $4) as folded',
        subscription,
        fence,
        keep,
        most,
      )
      return row?.['folded'] as number
    },
  }
}

function blockedKey(row: Row): BlockedKey {
  return {
    key: row['of_key'] as string,
    position: row['at'] as number,
    attempts: row['tried'] as number,
    waitMs: row['wait_ms'] as number,
  }
}

/** An event as a dead letter keeps it: JSON without the members that were undefined. */
export function storedEvent(json: unknown): LoggedEvent {
  const event = json as LoggedEvent
  return { ...event, traceparent: event.traceparent, causationId: event.causationId }
}
