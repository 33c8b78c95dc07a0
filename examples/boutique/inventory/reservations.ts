import { sql, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { Low } from './shelves.ts'

interface Line {
  readonly sku: string
  readonly quantity: number
}

const Available = z.object({ sku: z.string(), available: z.int() })
const Reservation = z.object({ status: z.enum(['held', 'released', 'sold', 'restocked']) })
const Closed = z.object({ orderId: z.string() })

/**
 * Moves what an order needs from available to taken, all of it or nothing. Shelves are locked in the order of their
 * SKUs, so that two orders of the same goods wait for each other instead of deadlocking.
 * @returns what is missing; when that is nothing, the goods are reserved, and `low` is what ran low by it.
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
    sql`select sku, available from shelves where sku = any(${skus}) order by sku for no key update`,
  )
  const available = new Map(rows.map((row) => [row.sku, row.available]))
  const shortages = skus
    .map((sku) => ({ sku, requested: wanted.get(sku) ?? 0, available: available.get(sku) ?? 0 }))
    .filter(({ requested, available: present }) => present < requested)
  if (shortages.length > 0) return { shortages, low: [] }
  const low = await db.many(
    Low,
    sql`
    with wanted as (select * from unnest(${skus}::text[], ${[...wanted.values()]}::bigint[]) as w (sku, quantity)),
      reservation as (insert into reservations (order_id, status, reserved_at) values (${orderId}, 'held', ${reservedAt})),
      lines as (insert into reservation_lines (order_id, sku, quantity) select ${orderId}, sku, quantity from wanted),
      moved as (
        update shelves s set available = s.available - w.quantity, taken = s.taken + w.quantity
          from wanted w where w.sku = s.sku returning s.sku, s.available, s.low_at, w.quantity)
    select sku, available, low_at as "lowAt" from moved
      where available <= low_at and available + quantity > low_at order by sku`,
  )
  return { shortages, low }
}

/**
 * Locks the reservation of an order. Whoever changes one does this first and locks shelves after it.
 * @returns its status, or undefined when nothing was ever reserved.
 */
export async function lockReservation(db: WriteDatabase, orderId: string) {
  const reservation = await db.maybeOne(
    Reservation,
    sql`select status from reservations where order_id = ${orderId} for update`,
  )
  return reservation?.status
}

/**
 * The goods of held reservations are out of the door, all in one statement, which locks reservations in the order of
 * their ids. No shelf is touched: that would deadlock with reservations, which lock shelves in the order of SKUs.
 * @returns the orders whose goods were held until now.
 */
export async function sell(
  db: WriteDatabase,
  sales: readonly { readonly orderId: string; readonly at: string }[],
): Promise<Set<string>> {
  const closed = await db.many(
    Closed,
    sql`
    with sales as (
        select distinct on (order_id) * from unnest(${sales.map(({ orderId }) => orderId)}::uuid[],
            ${sales.map(({ at }) => at)}::timestamptz[]) with ordinality as s (order_id, at, ordinality)
          order by order_id, ordinality),
      held as (
        select order_id from reservations where order_id = any(${sales.map(({ orderId }) => orderId)}::uuid[])
          and status = 'held' order by order_id for update),
      closed as (update reservations r set status = 'sold' from held h where r.order_id = h.order_id returning r.order_id),
      entered as (
        insert into movements (sku, kind, quantity, reference, at)
          select l.sku, 'sale', -l.quantity, l.order_id, s.at
            from closed join sales s using (order_id) join reservation_lines l using (order_id)
            order by s.ordinality, l.sku)
    select order_id as "orderId" from closed`,
  )
  return new Set(closed.map(({ orderId }) => orderId))
}

/** Puts all that is left of a locked reservation back on the shelf. Goods that were out of the door come in again. */
export async function putBack(
  db: WriteDatabase,
  orderId: string,
  { from, to, at }: { from: 'held' | 'sold'; to: 'released' | 'restocked'; at: string },
): Promise<void> {
  await lockShelvesOf(db, orderId)
  await db.run(sql`
    with closed as (update reservations set status = ${to} where order_id = ${orderId}),
      goods as (
        select sku, quantity - back as quantity from reservation_lines where order_id = ${orderId} and quantity > back),
      entered as (
        insert into movements (sku, kind, quantity, reference, at)
          select sku, 'restock', quantity, ${orderId}, ${at} from goods where ${from} = 'sold' order by sku)
    update shelves s set available = s.available + g.quantity, taken = s.taken - g.quantity from goods g where g.sku = s.sku`)
}

export async function lockShelvesOf(db: WriteDatabase, orderId: string): Promise<void> {
  await db.run(sql`
    select 1 from shelves where sku in (select sku from reservation_lines where order_id = ${orderId})
      order by sku for no key update`)
}

function bySku(lines: readonly Line[]): Map<string, number> {
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  return wanted
}
