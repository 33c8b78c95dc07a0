import { sql, type SqlStatement, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { Money } from '../shared.ts'
import { OrderStatus } from './contract.ts'

/** The way of an order that goes well. */
const WAY = [
  'placed',
  'reserved',
  'authorised',
  'paid',
  'completed',
] as const satisfies readonly OrderStatus[]
type Milestone = (typeof WAY)[number]

const LockedOrder = z.object({ id: z.string(), customerId: z.string(), status: OrderStatus, total: Money })
export type LockedOrder = z.infer<typeof LockedOrder>

/** The order's row, locked: whoever changes an order takes this first, so its history has one writer at a time. */
export function lockOrder(db: WriteDatabase, orderId: string): Promise<LockedOrder | undefined> {
  return db.maybeOne(
    LockedOrder,
    sql`select id, customer_id as "customerId", status,
        json_build_object('amount', total_amount, 'currency', total_currency) as total
      from orders where id = ${orderId} for update`,
  )
}

/**
 * Moves a locked order forward along its way, milestone by milestone. News of several services may come late or
 * out of order: what the order has passed already changes nothing, and a milestone whose news is still on its
 * way is written with the time of the next one that is known: by then it had happened.
 * @param times when each milestone happened, as far as the caller knows.
 * @returns whether anything changed.
 */
export async function advance(
  db: WriteDatabase,
  order: LockedOrder,
  times: Partial<Record<Milestone, string>>,
): Promise<boolean> {
  if (order.status === 'rejected') return false
  const news: { status: Milestone; at: string }[] = []
  let known: string | undefined
  for (const status of WAY.slice(WAY.indexOf(order.status) + 1).toReversed()) {
    known = times[status] ?? known
    if (known !== undefined) news.unshift({ status, at: known })
  }
  const last = news.at(-1)
  if (!last) return false
  await db.run(sql`
    with moved as (update orders set status = ${last.status} where id = ${order.id})
    ${historyOf(order.id, news)}`)
  return true
}

/** The part of a statement that adds to the history of a locked order. */
export function historyOf(
  orderId: string,
  entries: readonly { status: OrderStatus; at: string }[],
): SqlStatement {
  return sql`
    insert into order_history (order_id, number, status, at)
    select ${orderId}, (select coalesce(max(number), 0) from order_history where order_id = ${orderId}) + n.ordinality, n.status, n.at
      from unnest(${entries.map((entry) => entry.status)}::text[], ${entries.map((entry) => entry.at)}::timestamptz[])
        with ordinality as n (status, at, ordinality)`
}
