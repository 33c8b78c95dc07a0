import type { Row } from '../../storage/index.ts'
import type { BusConnection } from '../options.ts'
import type { PublishedType, RegisteredSubscription } from '../types.ts'

/** What is kept for a time only, and who still needs it: asked under the role that owns the bus. */
export interface RetentionStore {
  /** Makes the table of a retention where there is none. */
  keepType(type: PublishedType & { readonly retentionMs: number }): Promise<void>
  /** The retentions that there are, in seconds. */
  classes(): Promise<readonly number[]>
  /** Drops the oldest range of a class once all of it is older and everybody passed it. @returns how many went. */
  removeRange(seconds: number, olderThan: Date, mark: number): Promise<number>
  /** Removes single events that are older and that everybody passed. @returns how many; fewer than `most`: all of them. */
  removeEvents(seconds: number, olderThan: Date, mark: number, most: number): Promise<number>
  subscriptions(): Promise<readonly RegisteredSubscription[]>
  /** @returns false when the bus doesn't know it. */
  dropSubscription(service: string, subscription: string): Promise<boolean>
}

export function createRetentionStore(bus: BusConnection): RetentionStore {
  const call = (name: string, text: string, ...values: unknown[]) =>
    bus.query({ name: `archipel_retention_${name}`, text, values })
  const count = async (name: string, text: string, ...values: unknown[]) =>
    Number((await call(name, text, ...values))[0]?.['removed'] ?? 0)

  return {
    async keepType({ publisher, type, retentionMs }) {
      const seconds = Math.ceil(retentionMs / 1000)
      await call('keep_type', 'select archipel_bus.keep_type($1, $2, $3)', publisher, type, seconds)
    },
    async classes() {
      const rows = await call(
        'classes',
        'select seconds from archipel_bus.retention_classes order by seconds',
      )
      return rows.map((row) => row['seconds'] as number)
    },
    removeRange: (seconds, olderThan, mark) =>
      count(
        'remove_range',
        'select archipel_bus.remove_range($1, $2, $3) as removed',
        seconds,
        olderThan.toISOString(),
        mark,
      ),
    removeEvents: (seconds, olderThan, mark, most) =>
      count(
        'remove_events',
        'select archipel_bus.remove_events($1, $2, $3, $4) as removed',
        seconds,
        olderThan.toISOString(),
        mark,
        most,
      ),
    async subscriptions() {
      const text = `select service, name, publisher, types, since, counted_to, missed
        from archipel_bus.subscriptions order by service, name`
      return (await call('subscriptions', text)).map(registered)
    },
    async dropSubscription(service, subscription) {
      const text = 'select archipel_bus.drop_subscription($1, $2) as dropped'
      return (await call('drop_subscription', text, service, subscription))[0]?.['dropped'] === true
    },
  }
}

function registered(row: Row): RegisteredSubscription {
  return {
    service: row['service'] as string,
    subscription: row['name'] as string,
    publisher: row['publisher'] as string,
    types: row['types'] as string[],
    since: row['since'] as string,
    position: row['counted_to'] as number,
    missed: row['missed'] as number,
  }
}
