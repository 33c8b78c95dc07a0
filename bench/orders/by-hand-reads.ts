import type { Pool } from 'pg'
import { ask } from './by-hand-database.ts'

export async function listProducts(pool: Pool, limit: number): Promise<unknown[]> {
  const { rows } = await pool.query<Record<string, unknown>>(
    `select sku, name, description, stocked, json_build_object('amount', price_amount, 'currency', price_currency) as price
      from products order by sku limit $1`,
    [limit],
  )
  return rows
}

/** The first ones of a SKU make its shelf. */
export async function receiveStock(pool: Pool, sku: string, quantity: number): Promise<void> {
  await pool.query(
    `with entered as (
        insert into movements (sku, kind, quantity, reason, at) values ($1, 'receipt', $2, 'delivery', now()))
      insert into shelves as s (sku, received, available) values ($1, $2, $2)
        on conflict (sku) do update set received = s.received + $2, available = s.available + $2`,
    [sku, quantity],
  )
}

/** The whole order of a customer. @returns undefined where they have none of this id. */
export async function findOrder(pool: Pool, id: string, customerId: string): Promise<unknown> {
  const rows = await ask<Record<string, unknown>>(
    pool,
    'find-order',
    `select o.id, o.customer_id as "customerId", o.status, o.placed_at as "placedAt", o.source, o.rejection, o.address,
        o.country, o.tracking_number as "trackingNumber",
        json_build_object('amount', o.total_amount, 'currency', o.total_currency) as total,
        (select json_agg(json_build_object('number', l.number, 'sku', l.sku, 'name', l.name, 'quantity', l.quantity,
            'price', json_build_object('amount', l.price_amount, 'currency', l.price_currency), 'stocked', l.stocked)
            order by l.number) from order_lines l where l.order_id = o.id) as lines,
        (select json_agg(json_build_object('number', h.number, 'status', h.status, 'at', h.at) order by h.number)
          from order_history h where h.order_id = o.id) as history
      from orders o where o.id = $1 and o.customer_id = $2`,
    [id, customerId],
  )
  return rows[0]
}
