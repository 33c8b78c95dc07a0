import type { Clock } from '../../environment/index.ts'
import type { Log } from '../../telemetry/index.ts'
import type { SubscriptionList } from '../operations/subscription-list.ts'
import type { RetentionStore } from './retention-store.ts'

/** Removes events whose time is over, and sees who keeps it from doing so. */
export interface HouseKeeper {
  /** One round, in small transactions; it may be ended between two of them. @returns how many events went. */
  keep(signal?: AbortSignal): Promise<number>
  /** Subscriptions of services of this host that no code here handles, as of the last round. */
  readonly unknown: readonly UnknownSubscription[]
}

export interface UnknownSubscription {
  readonly service: string
  readonly subscription: string
  /** Positions of the log that it has not passed. */
  readonly behind: number
}

export interface HouseKeeperOptions {
  readonly clock: Clock
  readonly log: Log
  readonly retention: RetentionStore
  readonly list: Pick<SubscriptionList, 'all'>
  mark(): number
}

/** Events that go in one transaction where they go one by one. */
const EVENTS_AT_ONCE = 1_000
/** What is over its time by so much of it is not left to wait for its range. */
const PATIENCE = 0.1

export function createHouseKeeper({ clock, log, retention, list, mark }: HouseKeeperOptions): HouseKeeper {
  let unknown: readonly UnknownSubscription[] = []

  async function removeOld(seconds: number, signal: AbortSignal | undefined): Promise<number> {
    const keptMs = seconds * 1000
    let removed = 0
    let last = 1
    while (last > 0 && !signal?.aborted) {
      last = await retention.removeRange(seconds, new Date(clock.now() - keptMs), mark())
      removed += last
    }
    const wellOver = new Date(clock.now() - keptMs * (1 + PATIENCE))
    last = EVENTS_AT_ONCE
    while (last === EVENTS_AT_ONCE && !signal?.aborted) {
      last = await retention.removeEvents(seconds, wellOver, mark(), EVENTS_AT_ONCE)
      removed += last
    }
    return removed
  }

  async function lookForUnknown(): Promise<void> {
    const before = new Set(unknown.map(nameOf))
    unknown = (await list.all())
      .filter(({ handled }) => !handled)
      .map(({ service, subscription, position }) => ({
        service,
        subscription,
        behind: mark() - position,
      }))
    for (const each of unknown) {
      if (before.has(nameOf(each))) continue
      log.warn('nobody handles a subscription any more: no event that it has not had is removed; drop it', {
        ...each,
      })
    }
  }

  return {
    get unknown() {
      return unknown
    },
    async keep(signal) {
      await lookForUnknown()
      let removed = 0
      for (const seconds of await retention.classes()) removed += await removeOld(seconds, signal)
      return removed
    },
  }
}

function nameOf({ service, subscription }: UnknownSubscription): string {
  return `${service}.${subscription}`
}
