import type { Pool } from 'pg'
import { z } from 'zod'
import type { Walk } from './acts.ts'

const End = z.object({
  status: z.string().nullable(),
  rejection: z.string().nullable(),
  /** What became of the latest request to call the order off, and why it was refused. */
  cancellation: z.string().nullable(),
  shipment: z.string().nullable(),
  /** In the order in which they were asked for. */
  returns: z.array(z.string()),
  /** Pieces that the customer has. */
  sold: z.int(),
  writtenOff: z.int(),
  creditNotes: z.array(z.string()),
  /** What the customer was to be told, in the order of the alphabet. */
  letters: z.array(z.string()),
})
/** How an order, and all that was done with it, stands in the tables of all services. */
export type End = z.infer<typeof End>

const TEXT = `
  select o.status, o.rejection ->> 'code' as rejection, s.status as shipment,
    (select c.status || coalesce(' ' || c.reason, '') from orders.cancellations c
      where c.order_id = w.id order by c.id desc limit 1) as cancellation,
    array(select r.status || coalesce(' ' || r.refusal, '') from orders.returns r where r.order_id = w.id order by r.id) as returns,
    coalesce((select sum(l.quantity - l.back)::int from inventory.reservations r join inventory.reservation_lines l using (order_id)
      where r.order_id = w.id and r.status = 'sold'), 0) as sold,
    coalesce((select -sum(m.quantity)::int from inventory.movements m join orders.returns r on r.id::text = m.reference
      where r.order_id = w.id and m.kind = 'writeOff'), 0) as "writtenOff",
    array(select n.status from credits.credit_notes n where n.id = any ($2::uuid[]) order by n.id) as "creditNotes",
    array(select n.kind from notifications.notifications n where n.order_id = w.id order by n.kind) as letters
  from (select $1::uuid as id) w left join orders.orders o using (id) left join shipping.shipments s on s.order_id = w.id`

export async function endOf(database: Pool, { orderId, creditNotes }: Walk): Promise<End> {
  const { rows } = await database.query(TEXT, [orderId, creditNotes])
  return End.parse(rows[0])
}
