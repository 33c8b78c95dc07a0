import { sql, type HandledEvent } from 'archipel'
import type { orders } from './contract.ts'
import { shipping } from '../shipping/contract.ts'
import type { Handling, HandlingPage } from './context.ts'
import { factsOf, lockOrders, lockOrderWithLines, type LockedOrder } from './locked-order.ts'
import { goodsOf } from './pricing.ts'
import { advance, isCompleted, type Reached } from './progress.ts'

type ShipmentMoved = HandledEvent<
  typeof shipping.events.shipmentDispatched | typeof shipping.events.shipmentDelivered
>

/**
 * Follows the goods of orders. They may leave the house before their order is completed: then the news is kept in its
 * row, and whoever completes the order takes it along, so that no order is dispatched that wasn't sold.
 */
export async function followShipments(
  events: readonly ShipmentMoved[],
  { db, of }: HandlingPage,
): Promise<void> {
  const locked = await lockOrders(
    db,
    events.map(({ data }) => data.orderId),
  )
  for (const event of events) {
    const { orderId, trackingNumber, at } = event.data
    const order = locked.get(orderId)
    if (!order) continue
    const times =
      event.type === shipping.events.shipmentDelivered.type ? { delivered: at } : { dispatched: at }
    await db.run(sql`update orders set tracking_number = ${trackingNumber},
        dispatched_at = coalesce(dispatched_at, ${at}), delivered_at = coalesce(delivered_at, ${times.delivered ?? null})
      where id = ${orderId}`)
    if (!isCompleted(order.status)) continue
    const reached = await advance(db, order, times)
    publishShipped(of(event).publish, order, reached, trackingNumber)
    // The next news of this order finds it where this one left it.
    locked.set(orderId, { ...order, status: reached.at(-1)?.status ?? order.status })
  }
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
