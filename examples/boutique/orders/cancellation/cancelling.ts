import { sql } from 'archipel'
import type { z } from 'zod'
import type { Command, Handling } from '../context.ts'
import { historyOf } from '../history.ts'
import { factsOf, lockOrder, lockOrderWithLines, type LockedOrder } from '../locked-order.ts'
import { isOffTheWay } from '../order.ts'
import type { Cancellation } from './contract.ts'
import { answerCancellation, findCancellation, insertCancellation } from './rows.ts'

/**
 * Calls an order off. Its locked row decides which way: the saga that fulfils it turns back if it still can, an
 * order that is completed is recalled. When the saga could not turn back, completing the order recalls it.
 */
export async function requestCancellation(
  { id: orderId }: { id: string },
  { db, start, cancel, errors, id, now }: Command<'requestCancellation'>,
): Promise<z.infer<typeof Cancellation>> {
  const order = await lockOrder(db, orderId)
  if (!order) throw errors.ORDER_NOT_FOUND()
  if (order.status === 'dispatched' || order.status === 'delivered') throw errors.ALREADY_DISPATCHED()
  if (isOffTheWay(order.status)) throw errors.ORDER_ENDED({ status: order.status })
  if (order.openCancellation !== null) {
    const open = await findCancellation(db, orderId)
    if (open) return open
  }
  const cancellationId = id()
  const requestedAt = now()
  await insertCancellation(db, { id: cancellationId, orderId, requestedAt })
  if (order.status === 'completed') recall(start, { ...order, openCancellation: cancellationId })
  else cancel.fulfilOrder(orderId)
  const { customerId } = order
  return {
    id: cancellationId,
    orderId,
    customerId,
    status: 'requested',
    reason: null,
    requestedAt,
    answeredAt: null,
  }
}

/** Has a completed order taken back that was asked to be called off; one that wasn't goes its way. */
export function recall(start: Handling['start'], { id, openCancellation, total }: LockedOrder): void {
  if (openCancellation === null) return
  start.recallOrder(openCancellation, { orderId: id, cancellationId: openCancellation, total })
}

/** The goods are in the house and the money is given back. */
export async function refundOrder(
  { orderId, cancellationId }: { orderId: string; cancellationId: string },
  { db, publish, errors, now }: Command<'refundOrder'>,
): Promise<{ refundedAt: string }> {
  const order = await lockOrderWithLines(db, orderId)
  if (!order) throw errors.ORDER_NOT_FOUND()
  const refundedAt = now()
  await answerCancellation(db, { orderId, cancellationId, status: 'refunded', at: refundedAt })
  await db.run(sql`
    with moved as (update orders set status = 'refunded' where id = ${orderId})
    ${historyOf(orderId, [{ status: 'refunded', at: refundedAt }])}`)
  const { placedAt, country, lines } = order
  publish.orderRefunded({ ...factsOf(order, refundedAt), placedAt, country, lines })
  return { refundedAt }
}

export async function refuseCancellation(
  { orderId, cancellationId, reason }: { orderId: string; cancellationId: string; reason: string },
  { db, now }: Command<'refuseCancellation'>,
): Promise<{ refusedAt: string }> {
  const refusedAt = now()
  await lockOrder(db, orderId)
  await answerCancellation(db, { orderId, cancellationId, status: 'refused', reason, at: refusedAt })
  return { refusedAt }
}
