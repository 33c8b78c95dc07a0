import { saga } from 'archipel'
import { z } from 'zod'
import { inventory } from '../../inventory/contract.ts'
import { payments } from '../../payments/contract.ts'
import { Id, Money } from '../../shared.ts'
import { shipping } from '../../shipping/contract.ts'
import { orders } from '../contract.ts'

const OrderToRecall = z.object({ orderId: Id, cancellationId: Id, total: Money })

/** Shipping decides whether the goods are still in the house; that it is away for hours decides nothing. */
const RECALL_WITHIN = '1d'

/**
 * Takes back an order that was paid. Its goods are kept in the house first: shipping decides whether they still are
 * there. Only then is the money given back. One saga for each request, as one that was refused may be made again.
 */
export const recallOrder = saga('recallOrder', {
  version: 1,
  input: OrderToRecall,
  uses: { shipping, payments, inventory, orders },
})
  .undone(({ input: { orderId, cancellationId }, failure }, { orders }) =>
    orders.refuseCancellation({ orderId, cancellationId, reason: failure.code }),
  )
  .step('recallShipment', ({ input }, { shipping }) => shipping.recallShipment({ orderId: input.orderId }), {
    undo: ({ input }, { shipping }) => shipping.reinstateShipment({ orderId: input.orderId }),
    deadline: RECALL_WITHIN,
  })
  .pivot('refundPayment', ({ input: { orderId, cancellationId, total } }, { payments }) =>
    payments.refund({ orderId, refundId: cancellationId, amount: total, reason: 'the order was cancelled' }),
  )
  .step('restock', ({ input }, { inventory }) => inventory.restock({ orderId: input.orderId }))
  .step('refundOrder', ({ input: { orderId, cancellationId } }, { orders }) =>
    orders.refundOrder({ orderId, cancellationId }),
  )
