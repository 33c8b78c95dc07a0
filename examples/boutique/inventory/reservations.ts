import { sql, type WriteDatabase } from 'archipel'
import { z } from 'zod'

interface Line {
  readonly sku: string
  readonly quantity: number
}

const Available = z.object({ sku: z.string(), available: z.int() })
const Reservation = z.object({ status: z.enum(['held', 'released', 'sold']) })

/**
 * Moves what an order needs from available to reserved, all of it or nothing. Rows of products are locked in
 * the order of their SKUs, so that two orders of the same goods wait for each other instead of deadlocking.
 * @returns what is missing; when that is nothing, the goods are reserved.
 */
export async function reserveLines(
  db: WriteDatabase,
  orderId: string,
  lines: readonly Line[],
  reservedAt: string,
) {
  const wanted = bySku(lines)
  const skus = [...wanted.keys()]
  const rows = await db.many(
    Available,
    sql`select sku, available from stock where sku = any(${skus}) order by sku for update`,
  )
  const available = new Map(rows.map((row) => [row.sku, row.available]))
  const shortages = skus
    .map((sku) => ({ sku, requested: wanted.get(sku) ?? 0, available: available.get(sku) ?? 0 }))
    .filter(({ requested, available: present }) => present < requested)
  if (shortages.length > 0) return shortages
  await db.run(sql`
    with wanted as (select * from unnest(${skus}::text[], ${[...wanted.values()]}::bigint[]) as w (sku, quantity)),
      reservation as (insert into reservations (order_id, status, reserved_at) values (${orderId}, 'held', ${reservedAt})),
      lines as (insert into reservation_lines (order_id, sku, quantity) select ${orderId}, sku, quantity from wanted)
    update stock s set available = s.available - w.quantity, reserved = s.reserved + w.quantity
      from wanted w where w.sku = s.sku`)
  return []
}

/**
 * Ends a reservation: its goods go back on the shelf or out of the door.
 * @returns the status before, or undefined when nothing was reserved; only a held one changes.
 */
export async function closeReservation(db: WriteDatabase, orderId: string, outcome: 'released' | 'sold') {
  const reservation = await db.maybeOne(
    Reservation,
    sql`select status from reservations where order_id = ${orderId} for update`,
  )
  if (reservation?.status !== 'held') return reservation?.status
  await db.run(sql`
    select 1 from stock where sku in (select sku from reservation_lines where order_id = ${orderId}) order by sku for update`)
  await db.run(sql`
    with closed as (update reservations set status = ${outcome} where order_id = ${orderId})
    update stock s
      set reserved = s.reserved - l.quantity,
        available = s.available + case when ${outcome} = 'released' then l.quantity else 0 end,
        sold = s.sold + case when ${outcome} = 'sold' then l.quantity else 0 end
      from reservation_lines l where l.order_id = ${orderId} and l.sku = s.sku`)
  return reservation.status
}

function bySku(lines: readonly Line[]): Map<string, number> {
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  return wanted
}
