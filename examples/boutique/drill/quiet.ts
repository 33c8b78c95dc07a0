import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { z } from 'zod'
import type { DeliveryCounters } from './delivery.ts'

const PATIENCE_MS = 60_000
const Rest = z.object({ what: z.string(), count: z.int() })
type Rest = z.infer<typeof Rest>
const Table = z.object({ schema: z.string(), name: z.enum(['archipel_sagas', 'archipel_activities']) })

/** Counters know events up to a mark, which follows what was written a moment later. */
const LAST_EVENT = 'select coalesce(max(position), 0)::int as position from archipel_bus.log'
const Last = z.object({ position: z.int() })

/** What is still on its way, by the tables; events are counted by the operators' door. */
const ORDERS = `
  select 'orders' as what, count(*)::int as count from orders.orders
    where status in ('placed', 'reserved', 'authorised', 'paid')`
const TABLES = `
  select table_schema as schema, table_name as name from information_schema.tables
    where table_name in ('archipel_sagas', 'archipel_activities')`
/** An activity of unknown outcome waits for a person, however long. */
const UNDER_WAY = {
  archipel_sagas: `status in ('running', 'compensating')`,
  archipel_activities: `state <> 'unknown'`,
}

/**
 * Waits until nothing is on its way any more, or until somebody no longer wants to know.
 * @param passOver tables that may have something on its way, such as `notifications.archipel_activities`.
 * @returns what was still on its way when for a minute nothing had moved: empty is good.
 */
export async function untilQuiet(
  database: Pool,
  readDelivery: () => Promise<DeliveryCounters[]>,
  signal?: AbortSignal,
  passOver: readonly string[] = [],
): Promise<string[]> {
  const least = new Map<string, number>()
  let movedAt = performance.now()
  for (;;) {
    const rest = await everythingInFlight(database, readDelivery, passOver).catch((failure: unknown) => [
      { what: String(failure), count: 1 },
    ])
    if (isMoving(rest, least)) movedAt = performance.now()
    if (rest.length === 0 || performance.now() - movedAt > PATIENCE_MS || signal?.aborted)
      return rest.map(({ what, count }) => `${count} ${what}`)
    await sleep(50)
  }
}

/** Whether there is less of something than there ever was. */
function isMoving(rest: readonly Rest[], least: Map<string, number>): boolean {
  const fewer = rest.filter(({ what, count }) => count < (least.get(what) ?? Number.POSITIVE_INFINITY))
  for (const { what, count } of fewer) least.set(what, count)
  return fewer.length > 0
}

/** Events first: what their handlers start is in the tables when they are no longer on their way. */
async function everythingInFlight(
  database: Pool,
  readDelivery: () => Promise<DeliveryCounters[]>,
  passOver: readonly string[],
): Promise<Rest[]> {
  const last = Last.parse((await database.query(LAST_EVENT)).rows[0])
  const events = await eventsInFlight(readDelivery, last.position)
  return events.length > 0 ? events : stateInFlight(database, passOver)
}

async function stateInFlight(database: Pool, passOver: readonly string[]): Promise<Rest[]> {
  const tables = z.array(Table).parse((await database.query(TABLES)).rows)
  const counts = tables.map(
    ({ schema, name }) =>
      `select '${schema}.${name}' as what, count(*)::int as count from ${schema}.${name} where ${UNDER_WAY[name]}`,
  )
  const { rows } = await database.query([ORDERS, ...counts].join(' union all '))
  return rows.map((row) => Rest.parse(row)).filter(({ what, count }) => count > 0 && !passOver.includes(what))
}

async function eventsInFlight(
  readDelivery: () => Promise<DeliveryCounters[]>,
  last: number,
): Promise<Rest[]> {
  const counters = await readDelivery()
  return counters
    .filter(({ inFlight, mark }) => inFlight > 0 || mark < last)
    .map(({ service, subscription, inFlight, mark }) => ({
      what: `events for ${service}.${subscription}${mark < last ? ', which does not know all of the log' : ''}`,
      count: inFlight,
    }))
}
