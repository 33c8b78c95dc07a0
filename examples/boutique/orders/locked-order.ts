import { sql, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { Money } from '../shared.ts'
import { OrderLine, OrderSource, OrderStatus } from './order.ts'

const LockedOrder = z.object({
  id: z.string(),
  customerId: z.string(),
  status: OrderStatus,
  total: Money,
  source: OrderSource,
  country: z.string(),
  placedAt: z.string(),
  dispatchedAt: z.string().nullable(),
  deliveredAt: z.string().nullable(),
  trackingNumber: z.string().nullable(),
  openCancellation: z.string().nullable(),
})
export type LockedOrder = z.infer<typeof LockedOrder>
const LockedOrderWithLines = LockedOrder.extend({ lines: z.array(OrderLine) })

const columns = sql`o.id, o.customer_id as "customerId", o.status, o.source, o.country, o.placed_at as "placedAt",
  json_build_object('amount', o.total_amount, 'currency', o.total_currency) as total,
  o.dispatched_at as "dispatchedAt", o.delivered_at as "deliveredAt",
  o.tracking_number as "trackingNumber", o.open_cancellation as "openCancellation"`

/** The lines of `orders o` as JSON, in their order. */
export const linesOfOrder = sql`(
  select json_agg(json_build_object('number', l.number, 'sku', l.sku, 'name', l.name, 'quantity', l.quantity,
      'price', json_build_object('amount', l.price_amount, 'currency', l.price_currency), 'stocked', l.stocked)
      order by l.number)
    from order_lines l where l.order_id = o.id)`

/** The order's row, locked: whoever changes an order takes this first, so its history has one writer at a time. */
export function lockOrder(db: WriteDatabase, orderId: string): Promise<LockedOrder | undefined> {
  return db.maybeOne(
    LockedOrder,
    sql`select ${columns} from orders o where o.id = ${orderId} for update of o`,
  )
}

/** The rows of several orders, locked in the order of their ids, as everybody locks who locks several. */
export async function lockOrders(
  db: WriteDatabase,
  orderIds: readonly string[],
): Promise<Map<string, LockedOrder>> {
  const locked = await db.many(
    LockedOrder,
    sql`select ${columns} from orders o where o.id = any(${orderIds}::uuid[]) order by o.id for update of o`,
  )
  return new Map(locked.map((order) => [order.id, order]))
}

/** The same with its lines. They never change, so that they may be read by the statement that waits for the lock. */
export function lockOrderWithLines(db: WriteDatabase, orderId: string) {
  return db.maybeOne(
    LockedOrderWithLines,
    sql`select ${columns}, ${linesOfOrder} as lines from orders o where o.id = ${orderId} for update of o`,
  )
}

/** What every event of an order says. */
export function factsOf({ id, customerId, total, source }: LockedOrder, at: string) {
  return { orderId: id, customerId, total, at, source }
}
