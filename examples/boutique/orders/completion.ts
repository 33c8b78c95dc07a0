import { sql } from 'archipel'
import type { z } from 'zod'
import { recall } from './cancellation/cancelling.ts'
import { answerCancellation } from './cancellation/rows.ts'
import type { Command } from './context.ts'
import { historyOf } from './history.ts'
import { factsOf, lockOrder, lockOrderWithLines } from './locked-order.ts'
import { isOffTheWay, type Rejection } from './order.ts'
import { advance, isCompleted } from './progress.ts'
import { publishShipped } from './shipped.ts'

interface Completion {
  readonly orderId: string
  readonly reservedAt: string
  readonly authorisedAt: string
  readonly paidAt: string
  readonly shipment?: { id: string; trackingNumber: string } | undefined
}

/** The order is paid for good. What its shipment did meanwhile is taken along. */
export async function completeOrder(
  { orderId, reservedAt, authorisedAt, paidAt, shipment }: Completion,
  { db, publish, start, errors, now }: Command<'completeOrder'>,
): Promise<{ completedAt: string }> {
  const order = await lockOrderWithLines(db, orderId)
  if (!order) throw errors.ORDER_NOT_FOUND()
  if (isOffTheWay(order.status)) throw errors.ORDER_REJECTED()
  const completedAt = now()
  const { placedAt, country, lines, dispatchedAt, deliveredAt, trackingNumber } = order
  const reached = await advance(
    db,
    order,
    {
      reserved: reservedAt,
      authorised: authorisedAt,
      paid: paidAt,
      completed: completedAt,
      dispatched: dispatchedAt,
      delivered: deliveredAt,
    },
    shipment?.trackingNumber,
  )
  publish.orderCompleted({
    ...factsOf(order, completedAt),
    placedAt,
    country,
    lines,
    ...(shipment && { shipmentId: shipment.id }),
  })
  publishShipped(publish, order, reached, shipment?.trackingNumber ?? trackingNumber)
  // Who called it off was too late for the payment, but not for the parcel.
  recall(start, order)
  return { completedAt }
}

const CANCELLED = 'CANCELLED'

/** Everything is undone: the order was refused on its way, or called off in time. */
export async function rejectOrder(
  { orderId, rejection }: { orderId: string; rejection: z.infer<typeof Rejection> },
  { db, publish, errors, now }: Command<'rejectOrder'>,
): Promise<{ rejectedAt: string }> {
  const order = await lockOrder(db, orderId)
  if (!order) throw errors.ORDER_NOT_FOUND()
  if (isCompleted(order.status)) throw errors.ORDER_COMPLETED()
  const rejectedAt = now()
  const status = rejection.code === CANCELLED ? 'cancelled' : 'rejected'
  await db.run(sql`
    with moved as (
      update orders set status = ${status}, rejection = ${status === 'rejected' ? JSON.stringify(rejection) : null}
        where id = ${orderId}
    )
    ${historyOf(orderId, [{ status, at: rejectedAt }])}`)
  if (order.openCancellation !== null)
    await answerCancellation(db, {
      orderId,
      cancellationId: order.openCancellation,
      at: rejectedAt,
      ...(status === 'cancelled' ? { status } : { status: 'refused', reason: 'ORDER_REJECTED' }),
    })
  const facts = factsOf(order, rejectedAt)
  if (status === 'cancelled') publish.orderCancelled(facts)
  else publish.orderRejected({ ...facts, rejection })
  return { rejectedAt }
}
