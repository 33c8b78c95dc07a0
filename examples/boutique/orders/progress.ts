import { sql, type WriteDatabase } from 'archipel'
import type { LockedOrder } from './locked-order.ts'
import { historyOf } from './history.ts'
import { isOffTheWay, WAY, type OrderStatus } from './order.ts'

type Milestone = (typeof WAY)[number]
export interface Reached {
  readonly status: Milestone
  readonly at: string
}

/** Whether the order is paid for good, wherever it has got to since. */
export function isCompleted(status: OrderStatus): boolean {
  return status === 'completed' || status === 'dispatched' || status === 'delivered'
}

/**
 * Moves a locked order forward along its way, milestone by milestone. News of several services may come late or
 * out of order: what the order has passed already changes nothing, and a milestone whose news is still on its
 * way is written with the time of the next one that is known: by then it had happened.
 * @param times when each milestone happened, as far as the caller knows.
 * @returns the milestones that are new.
 */
export async function advance(
  db: WriteDatabase,
  order: LockedOrder,
  times: Partial<Record<Milestone, string | null>>,
  trackingNumber?: string,
): Promise<readonly Reached[]> {
  if (isOffTheWay(order.status)) return []
  const news: Reached[] = []
  let known: string | undefined
  for (const status of WAY.slice(WAY.findIndex((milestone) => milestone === order.status) + 1).toReversed()) {
    known = times[status] ?? known
    if (known !== undefined) news.unshift({ status, at: known })
  }
  const last = news.at(-1)
  if (!last) return []
  await db.run(sql`
    with moved as (
      update orders set status = ${last.status}, tracking_number = coalesce(${trackingNumber ?? null}, tracking_number)
        where id = ${order.id}
    )
    ${historyOf(order.id, news)}`)
  return news
}

/**
 * Moves an order to a milestone by the news of another service, in one statement: pages of such news hold many
 * orders, and whoever completes one of them waits for the page. A milestone has the same number in every history,
 * so nothing has to be looked up that might be older than the lock.
 */
export async function reach(
  db: WriteDatabase,
  orderId: string,
  status: Milestone,
  at: string,
): Promise<void> {
  await db.run(sql`
    with locked as (select id, status from orders where id = ${orderId} for update),
      passed as (
        select l.id, w.status, w.number from locked l, unnest(${WAY}::text[]) with ordinality as w (status, number)
          where w.number > array_position(${WAY}::text[], l.status) and w.number <= array_position(${WAY}::text[], ${status})
      ),
      moved as (update orders o set status = ${status} from locked l where o.id = l.id and exists (select from passed))
    insert into order_history (order_id, number, status, at) select id, number, status, ${at}::timestamptz from passed`)
}
