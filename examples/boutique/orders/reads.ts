import { sql, type Queryable } from 'archipel'
import { z } from 'zod'
import { linesOfOrder } from './locked-order.ts'
import { HistoryEntry, isEnd, Order, OrderStatus, OrderSummary } from './order.ts'
import { given, where } from '../where.ts'

const ENDS = OrderStatus.options.filter(isEnd)
const summary = sql`o.id, o.customer_id as "customerId", o.status, o.placed_at as "placedAt", o.source,
  json_build_object('amount', o.total_amount, 'currency', o.total_currency) as total`

/** The whole order by one statement, so that lines, status and history are of one moment. */
export function findOrder(db: Queryable, id: string) {
  return db.maybeOne(
    Order,
    sql`select ${summary},
        o.rejection, o.address, o.country, o.tracking_number as "trackingNumber",
        ${linesOfOrder} as lines,
        (select json_agg(json_build_object('number', h.number, 'status', h.status,
            'at', to_char(h.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by h.number)
          from order_history h where h.order_id = o.id) as history
      from orders o where o.id = ${id}`,
  )
}

export function ordersOf(db: Queryable, customerId: string, before: string | undefined, limit: number) {
  return db.many(
    OrderSummary,
    sql`select ${summary} from orders o
      ${where(
        sql`o.customer_id = ${customerId}`,
        given(before, (id) => sql`o.id < ${id}::uuid`),
      )}
      order by o.id desc limit ${limit}`,
  )
}

/** What came after a number, and the end if there is one: also to who has seen it, so that nobody waits for more. */
export function historyAfter(db: Queryable, id: string, after: number) {
  return db.many(
    HistoryEntry,
    sql`select number, status, at from order_history
      where order_id = ${id} and (number > ${after} or status = any(${ENDS}::text[])) order by number`,
  )
}

const Owner = z.object({ customerId: z.string() })

export async function ownerOfOrder({ id }: { id: string }, db: Queryable): Promise<string | undefined> {
  const order = await db.maybeOne(Owner, sql`select customer_id as "customerId" from orders where id = ${id}`)
  return order?.customerId
}
