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

/** When each milestone happened, as far as somebody knows. */
type Times = Partial<Record<Milestone, string | null>>

/**
 * The milestones that are new to an order. News of several services may come late or out of order: what the order has
 * passed already changes nothing, and a milestone whose news is still on its way takes the time of the next one that is
 * known: by then it had happened.
 */
export function milestonesAhead(order: OrderStatus, times: Times): readonly Reached[] {
  if (isOffTheWay(order)) return []
  const news: Reached[] = []
  let known: string | undefined
  for (const status of WAY.slice(WAY.findIndex((milestone) => milestone === order) + 1).toReversed()) {
    known = times[status] ?? known
    if (known !== undefined) news.unshift({ status, at: known })
  }
  return news
}

/** Moves a locked order forward along its way, milestone by milestone. @returns the milestones that are new. */
export async function advance(
  db: WriteDatabase,
  order: LockedOrder,
  times: Times,
  trackingNumber?: string,
): Promise<readonly Reached[]> {
  const news = milestonesAhead(order.status, times)
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

/** What another service tells of an order. */
export interface News extends Reached {
  readonly orderId: string
}

/**
 * Moves orders to milestones by the news of other services, all of a page in one statement. It locks orders in the
 * order of their ids, as everybody does who locks several. Of several news of an order each milestone takes the time of
 * the first that had passed it, as if they came one by one. A milestone has the same number in every history, so
 * nothing has to be looked up that might be older than the lock.
 */
export async function reach(db: WriteDatabase, news: readonly News[]): Promise<void> {
  await db.run(sql`
    with news as (
        select * from unnest(${news.map(({ orderId }) => orderId)}::uuid[], ${news.map(({ status }) => status)}::text[],
          ${news.map(({ at }) => at)}::timestamptz[]) with ordinality as n (order_id, status, at, ordinality)
      ),
      locked as (
        select id, status from orders where id = any(${news.map(({ orderId }) => orderId)}::uuid[]) order by id for update
      ),
      passed as (
        select distinct on (l.id, w.number) l.id, w.status, w.number, n.at
          from locked l join news n on n.order_id = l.id
            join unnest(${WAY}::text[]) with ordinality as w (status, number)
              on w.number > array_position(${WAY}::text[], l.status) and w.number <= array_position(${WAY}::text[], n.status)
          order by l.id, w.number, n.ordinality
      ),
      last as (select distinct on (id) id, status from passed order by id, number desc),
      moved as (update orders o set status = l.status from last l where o.id = l.id)
    insert into order_history (order_id, number, status, at) select id, number, status, at from passed`)
}
