import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { z } from 'zod'
import type { DeliveryCounters } from './delivery.ts'

const LIMIT_MS = 60_000
const Rest = z.object({ what: z.string(), count: z.int() })

/** What is still on its way, by the tables; events are counted by the operators' door. */
const IN_FLIGHT = `
  select 'orders' as what, count(*)::int as count from orders.orders where status not in ('completed', 'rejected')
  union all
  select 'sagas', count(*)::int from orders.archipel_sagas where status in ('running', 'compensating')`

/**
 * Waits until nothing is on its way any more, or until somebody no longer wants to know.
 * @returns what was still on its way in the end, after a minute at most: empty is good.
 */
export async function untilQuiet(
  database: Pool,
  readDelivery: () => Promise<DeliveryCounters[]>,
  signal?: AbortSignal,
): Promise<string[]> {
  const giveUpAt = performance.now() + LIMIT_MS
  for (;;) {
    const rest = await Promise.all([stateInFlight(database), eventsInFlight(readDelivery)]).then(
      (parts) => parts.flat(),
      (failure: unknown) => [String(failure)],
    )
    if (rest.length === 0 || performance.now() > giveUpAt || signal?.aborted) return rest
    await sleep(50)
  }
}

async function stateInFlight(database: Pool): Promise<string[]> {
  const { rows } = await database.query(IN_FLIGHT)
  return rows
    .map((row) => Rest.parse(row))
    .filter(({ count }) => count > 0)
    .map(({ what, count }) => `${count} ${what}`)
}

async function eventsInFlight(readDelivery: () => Promise<DeliveryCounters[]>): Promise<string[]> {
  const counters = await readDelivery()
  return counters
    .filter(({ inFlight }) => inFlight > 0)
    .map(({ service, subscription, inFlight }) => `${inFlight} events for ${service}.${subscription}`)
}
