import { sql, type SqlStatement } from 'archipel'
import type { OrderStatus } from './order.ts'

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
