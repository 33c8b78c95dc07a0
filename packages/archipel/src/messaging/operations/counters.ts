import type { ServiceDatabase } from '../../storage/index.ts'
import type { BusStore } from '../keeper/bus-store.ts'
import type { DeliveryCounters, SubscriptionDefinition } from '../types.ts'

/** What a service's tables say about one subscription, at one moment. */
export interface SettledCounts {
  readonly position: number
  readonly handled: { readonly below: number; readonly above: readonly number[] }
  readonly parked: { readonly below: number; readonly above: readonly number[] }
  readonly discarded: { readonly below: number; readonly above: readonly number[] }
}

async function readSettled(
  database: ServiceDatabase,
  subscription: string,
): Promise<SettledCounts | undefined> {
  const [row] = await database.query({
    name: 'archipel_subscription_counts',
    text: 'select * from archipel_counts($1)',
    values: [subscription],
  })
  if (row === undefined) return undefined
  const pair = (name: string) => ({
    below: row[`${name}_below`] as number,
    above: row[`${name}_above`] as number[],
  })
  return {
    position: row['at'] as number,
    handled: pair('handled'),
    parked: pair('parked'),
    discarded: pair('discarded'),
  }
}

/**
 * Exact counters without a lock on anybody: the service's tables are read at one moment, then the log up to a mark
 * that covers their position. The log up to a mark never changes, so reading it later gives the same.
 */
export async function countDeliveries(
  definition: SubscriptionDefinition,
  {
    database,
    bus,
    mark,
    recount,
  }: { database: ServiceDatabase; bus: BusStore; mark: number; recount: boolean },
): Promise<DeliveryCounters | undefined> {
  const settled = await readSettled(database, definition.name)
  if (settled === undefined) return undefined
  const upTo = Math.max(mark, settled.position)
  const { written, open } = await bus.written(
    definition.service,
    definition.name,
    settled.position,
    upTo,
    recount,
  )
  return {
    service: definition.service,
    subscription: definition.name,
    publisher: definition.publisher,
    ...balance(settled, upTo, written, open),
  }
}

/** In flight is counted from what is open, never taken as the remainder: a row too many or too few shows as drift. */
export function balance(settled: SettledCounts, mark: number, written: number, open: readonly number[]) {
  const upToMark = (counted: { below: number; above: readonly number[] }) =>
    counted.below + counted.above.filter((position) => position <= mark).length
  const done = new Set([...settled.handled.above, ...settled.parked.above, ...settled.discarded.above])
  const handled = upToMark(settled.handled)
  const parked = upToMark(settled.parked)
  const discarded = upToMark(settled.discarded)
  const inFlight = open.filter((position) => !done.has(position)).length
  const drift = written - handled - inFlight - parked - discarded
  return { position: settled.position, mark, written, handled, inFlight, parked, discarded, drift }
}
