import { sql, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import type { Address } from '../shared.ts'
import { ShipmentStatus } from './contract.ts'

const Moved = z.object({
  shipmentId: z.string(),
  orderId: z.string(),
  trackingNumber: z.string(),
  at: z.iso.datetime(),
})
export type Moved = z.infer<typeof Moved>

interface NewShipment {
  readonly id: string
  readonly orderId: string
  readonly customerId: string
  readonly address: Address | null
  readonly lines: readonly { number: number; sku: string; name: string; quantity: number }[]
  readonly scheduledAt: string
}

/** @returns undefined when the order has a shipment already, whatever became of it: a recalled one stays recalled. */
export function insertShipment(db: WriteDatabase, shipment: NewShipment): Promise<Moved | undefined> {
  const { id, orderId, customerId, address, lines, scheduledAt } = shipment
  return db.maybeOne(
    Moved,
    sql`with shipment as (
        insert into shipments (id, order_id, customer_id, status, address, scheduled_at)
        values (${id}, ${orderId}, ${customerId}, 'ready', ${address && JSON.stringify(address)}, ${scheduledAt})
        on conflict (order_id) do nothing
        returning id, order_id, tracking_number, scheduled_at
      ), lines as (
        insert into shipment_lines (shipment_id, number, sku, name, quantity)
        select s.id, l.number, l.sku, l.name, l.quantity from shipment s, unnest(
          ${lines.map((line) => line.number)}::integer[], ${lines.map((line) => line.sku)}::text[],
          ${lines.map((line) => line.name)}::text[], ${lines.map((line) => line.quantity)}::bigint[]
        ) as l (number, sku, name, quantity)
      )
      select id as "shipmentId", order_id as "orderId", tracking_number as "trackingNumber", scheduled_at as at from shipment`,
  )
}

/** When and under which number an order was first scheduled, whatever its status is now. */
export function scheduledOf(db: WriteDatabase, orderId: string): Promise<Moved> {
  return db.one(
    Moved,
    sql`select id as "shipmentId", order_id as "orderId", tracking_number as "trackingNumber", scheduled_at as at
      from shipments where order_id = ${orderId}`,
  )
}

const LockedShipment = z.object({
  shipmentId: z.string(),
  orderId: z.string(),
  trackingNumber: z.string(),
  status: ShipmentStatus,
  recalledAt: z.iso.datetime().nullable(),
})
export type LockedShipment = z.infer<typeof LockedShipment>

/**
 * The shipment's row, locked: whoever moves a shipment takes this first. Of two that come at once the second waits
 * and then sees what the first has made of it, so that nothing is both dispatched and recalled.
 */
export function lockShipment(
  db: WriteDatabase,
  which: { readonly id: string } | { readonly orderId: string },
): Promise<LockedShipment | undefined> {
  return db.maybeOne(
    LockedShipment,
    sql`select id as "shipmentId", order_id as "orderId", tracking_number as "trackingNumber", status,
        recalled_at as "recalledAt"
      from shipments where ${'id' in which ? sql`id = ${which.id}` : sql`order_id = ${which.orderId}`} for update`,
  )
}

/** Moves a locked shipment. @returns what its event says. */
export async function move(
  db: WriteDatabase,
  { shipmentId, orderId, trackingNumber }: LockedShipment,
  status: ShipmentStatus,
  at: string,
): Promise<Moved> {
  await db.run(sql`
    update shipments set status = ${status},
        dispatched_at = case when ${status} = 'dispatched' then ${at}::timestamptz else dispatched_at end,
        delivered_at = case when ${status} = 'delivered' then ${at}::timestamptz else delivered_at end,
        recalled_at = case when ${status} = 'recalled' then ${at}::timestamptz end
      where id = ${shipmentId}`)
  return { shipmentId, orderId, trackingNumber, at }
}
