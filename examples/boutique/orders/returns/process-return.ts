import { saga } from 'archipel'
import { z } from 'zod'
import { inventory } from '../../inventory/contract.ts'
import { payments } from '../../payments/contract.ts'
import { Id, Money, Quantity, Sku } from '../../shared.ts'
import { orders } from '../contract.ts'
import { Disposition } from './contract.ts'

const ReturnToProcess = z.object({
  returnId: Id,
  orderId: Id,
  refund: Money,
  goods: z.array(z.object({ sku: Sku, quantity: Quantity, disposition: Disposition })),
})

/** A return that was approved: the money first, as only that can be refused. */
export const processReturn = saga('processReturn', {
  version: 1,
  input: ReturnToProcess,
  uses: { payments, inventory, orders },
})
  .undone(({ input, failure }, { orders }) =>
    orders.failReturn({ returnId: input.returnId, code: failure.code }),
  )
  .pivot('refundPayment', ({ input: { orderId, returnId, refund } }, { payments }) =>
    payments.refund({ orderId, refundId: returnId, amount: refund, reason: 'goods were returned' }),
  )
  .step('takeBack', ({ input: { returnId, orderId, goods } }, { inventory }) =>
    inventory.takeBack({ returnId, orderId, lines: goods }),
  )
  .step('completeReturn', ({ input }, { orders }) => orders.completeReturn({ returnId: input.returnId }))
