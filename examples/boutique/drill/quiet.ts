import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { z } from 'zod'

const LIMIT_MS = 60_000
const Rest = z.object({ what: z.string(), count: z.int() })

/** What is still on its way, by the tables. */
const IN_FLIGHT = `
  select 'orders' as what, count(*)::int as count from orders.orders where status not in ('completed', 'rejected')
  union all
  select 'sagas', count(*)::int from orders.archipel_sagas where status in ('running', 'compensating')
  union all
  select 'reservations', count(*)::int from inventory.reservations r join orders.orders o on o.id = r.order_id
    where o.status = 'completed' and r.status = 'held'
  union all
  select 'events for ' || p.name, count(*)::int
    from audit.archipel_subscriptions p
    join archipel_bus.subscriptions s on s.service = 'audit' and s.name = p.name
    join archipel_bus.log l on l.publisher = s.publisher and l.type = any (s.types) and l.position > p.position
    group by p.name`

/**
 * Waits until nothing is on its way any more.
 * @returns what was still on its way after a minute: empty is good.
 */
export async function untilQuiet(database: Pool): Promise<string[]> {
  const giveUpAt = performance.now() + LIMIT_MS
  for (;;) {
    const rest = await inFlight(database).catch((failure: unknown) => [String(failure)])
    if (rest.length === 0 || performance.now() > giveUpAt) return rest
    await sleep(50)
  }
}

async function inFlight(database: Pool): Promise<string[]> {
  const { rows } = await database.query(IN_FLIGHT)
  return rows
    .map((row) => Rest.parse(row))
    .filter(({ count }) => count > 0)
    .map(({ what, count }) => `${count} ${what}`)
}
