import { sql, type HandledEvent } from 'archipel'
import type { orders } from './contract.ts'
import { shipping } from '../shipping/contract.ts'
import type { Handling } from './context.ts'
import { factsOf, lockOrder, lockOrderWithLines, type LockedOrder } from './locked-order.ts'
import { goodsOf } from './pricing.ts'
import { advance, isCompleted, type Reached } from './progress.ts'

type ShipmentMoved = HandledEvent<
  typeof shipping.events.shipmentDispatched | typeof shipping.events.shipmentDelivered
>

/**
 * Follows the goods of an order. They may leave the house before the order is completed: then the news is kept in
 * its row, and whoever completes the order takes it along, so that no order is dispatched that wasn't sold.
 */
export async function followShipment(
  { type, data: { orderId, trackingNumber, at } }: ShipmentMoved,
  { db, publish }: Handling,
): Promise<void> {
  const order = await lockOrder(db, orderId)
  if (!order) return
  const times = type === shipping.events.shipmentDelivered.type ? { delivered: at } : { dispatched: at }
  await db.run(sql`update orders set tracking_number = ${trackingNumber},
      dispatched_at = coalesce(dispatched_at, ${at}), delivered_at = coalesce(delivered_at, ${times.delivered ?? null})
    where id = ${orderId}`)
  if (!isCompleted(order.status)) return
  publishShipped(publish, order, await advance(db, order, times), trackingNumber)
}

/** Tells of those milestones that the shipment reached. */
export function publishShipped(
  publish: Handling['publish'],
  order: LockedOrder,
  reached: readonly Reached[],
  trackingNumber: string | null,
): void {
  for (const { status, at } of reached) {
    const facts = factsOf(order, at)
    if (status === 'dispatched') publish.orderDispatched({ ...facts, trackingNumber: trackingNumber ?? '' })
    if (status === 'delivered') publish.orderDelivered(facts)
  }
}

/** An order that was completed by a saga that knew no shipping has its goods sent all the same. */
export async function shipUnscheduled(
  { data: { orderId, shipmentId } }: HandledEvent<typeof orders.events.orderCompleted>,
  { db, start }: Handling,
): Promise<void> {
  if (shipmentId !== undefined) return
  const order = await lockOrderWithLines(db, orderId)
  if (!order) return
  start.shipOrder(orderId, { orderId, customerId: order.customerId, goods: goodsOf(order.lines) })
}
