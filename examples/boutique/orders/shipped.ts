import { sql, type HandledEvent, type WriteDatabase } from 'archipel'
import type { orders } from './contract.ts'
import { shipping } from '../shipping/contract.ts'
import type { Handling, HandlingPage } from './context.ts'
import { factsOf, lockOrders, lockOrderWithLines, type LockedOrder } from './locked-order.ts'
import { goodsOf } from './pricing.ts'
import { isCompleted, milestonesAhead, reach, type News, type Reached } from './progress.ts'

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
  const shipped = events.filter(({ data }) => locked.has(data.orderId))
  const sold: News[] = []
  for (const event of shipped) {
    const { orderId, trackingNumber, at } = event.data
    const order = locked.get(orderId)
    if (!order || !isCompleted(order.status)) continue
    const status = isDelivered(event) ? 'delivered' : 'dispatched'
    sold.push({ orderId, status, at })
    const reached = milestonesAhead(order.status, { [status]: at })
    publishShipped(of(event).publish, order, reached, trackingNumber)
    // The next news of this order finds it where this one leaves it.
    locked.set(orderId, { ...order, status: reached.at(-1)?.status ?? order.status })
  }
  await keep(db, shipped)
  await reach(db, sold)
}

/** What is known of the goods, whether or not their order is completed. What was known first stays. */
async function keep(db: WriteDatabase, events: readonly ShipmentMoved[]): Promise<void> {
  await db.run(sql`
    with news as (
        select order_id, (array_agg(tracking_number order by ordinality desc))[1] as tracking_number,
            (array_agg(at order by ordinality))[1] as dispatched_at,
            (array_agg(at order by ordinality) filter (where delivered))[1] as delivered_at
          from unnest(${events.map(({ data }) => data.orderId)}::uuid[], ${events.map(({ data }) => data.trackingNumber)}::text[],
            ${events.map(({ data }) => data.at)}::timestamptz[], ${events.map(isDelivered)}::boolean[])
            with ordinality as n (order_id, tracking_number, at, delivered, ordinality)
          group by order_id
      )
    update orders o set tracking_number = n.tracking_number, dispatched_at = coalesce(o.dispatched_at, n.dispatched_at),
        delivered_at = coalesce(o.delivered_at, n.delivered_at)
      from news n where o.id = n.order_id`)
}

const isDelivered = ({ type }: ShipmentMoved) => type === shipping.events.shipmentDelivered.type

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
