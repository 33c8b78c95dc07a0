// The steps of an order in inventory and shipping: a statement each, which is the whole transaction.
import { randomUUIDv7 } from 'node:crypto'
import type { Pool } from 'pg'
import { ask, hashOf, once } from './by-hand-database.ts'

interface Goods {
  readonly number: number
  readonly sku: string
  readonly name: string
  readonly quantity: number
}

/** All of it or nothing: no shelf may have less than none. Shelves are locked in the order of their SKUs. */
export async function reserve(
  pool: Pool,
  orderId: string,
  goods: readonly Goods[],
  correlationId: string,
): Promise<{ reservedAt: string }> {
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of goods) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  const lines = [...wanted].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const key = `${orderId}:reserve`
  const inputHash = hashOf({ orderId, lines })
  return once(pool, { operation: 'reserve', principal: 'orders', key, inputHash }, async () => {
    const reservedAt = new Date().toISOString()
    const answer = { orderId, reservedAt }
    await ask(
      pool,
      'reserve',
      `with answered as (
          insert into answers (operation, principal, key, input_hash, status, answer, correlation_id)
            values ('reserve', 'orders', $1, $2, 'answered', $3, $4)),
        locked as materialized (select sku from shelves where sku = any($5) order by sku for no key update),
        wanted as (select * from unnest($5::text[], $6::bigint[]) as w (sku, quantity)),
        moved as (
          update shelves s set available = s.available - w.quantity, taken = s.taken + w.quantity
            from locked l join wanted w using (sku) where s.sku = l.sku returning s.sku),
        reservation as (
          insert into reservations (order_id, status, reserved_at) values ($7, 'held', $8)),
        lines as (insert into reservation_lines (order_id, sku, quantity) select $7, sku, quantity from wanted)
        select bus.append('inventory.stockReserved.v1', $7::uuid::text, $8, $4, $3::jsonb) from (select count(*) from moved) as all_moved`,
      [
        key,
        inputHash,
        JSON.stringify(answer),
        correlationId,
        lines.map(([sku]) => sku),
        lines.map(([, quantity]) => quantity),
        orderId,
        reservedAt,
      ],
    )
    return answer
  })
}

export interface Parcel {
  readonly orderId: string
  readonly customerId: string
  readonly address: object | null
  readonly lines: readonly Goods[]
}

export async function scheduleShipment(
  pool: Pool,
  parcel: Parcel,
  correlationId: string,
): Promise<{ shipmentId: string; trackingNumber: string }> {
  const { orderId, customerId, address, lines } = parcel
  const key = `${orderId}:scheduleShipment`
  const inputHash = hashOf(parcel)
  return once(pool, { operation: 'scheduleShipment', principal: 'orders', key, inputHash }, async () => {
    const rows = await ask<{ answer: { shipmentId: string; trackingNumber: string } }>(
      pool,
      'schedule',
      `with shipment as (
          insert into shipments (id, order_id, customer_id, status, address, scheduled_at)
            values ($1, $2, $3, 'ready', $4, $5) returning id, order_id, tracking_number, scheduled_at),
        lines as (
          insert into shipment_lines (shipment_id, number, sku, name, quantity)
            select s.id, l.number, l.sku, l.name, l.quantity
              from shipment s, json_to_recordset($6) as l (number integer, sku text, name text, quantity bigint)),
        answered as (
          insert into answers (operation, principal, key, input_hash, status, answer, correlation_id)
            select 'scheduleShipment', 'orders', $7, $8, 'answered', json_build_object('shipmentId', id,
              'trackingNumber', tracking_number, 'scheduledAt', $5::timestamptz), $9 from shipment returning answer)
        select a.answer, bus.append('shipping.shipmentScheduled.v1', s.order_id::text, s.scheduled_at, $9,
            jsonb_build_object('orderId', s.order_id, 'shipmentId', s.id, 'trackingNumber', s.tracking_number, 'at', $5::timestamptz))
          from shipment s, answered a`,
      [
        randomUUIDv7(),
        orderId,
        customerId,
        address,
        new Date().toISOString(),
        JSON.stringify(lines),
        key,
        inputHash,
        correlationId,
      ],
    )
    const [scheduled] = rows
    if (!scheduled) throw new Error(`order ${orderId} was not scheduled`)
    return scheduled.answer
  })
}
