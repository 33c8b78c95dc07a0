import { saga } from 'archipel'
import { z } from 'zod'
import { inventory } from '../inventory/contract.ts'
import { payments } from '../payments/contract.ts'
import { Id, Money, Quantity, Sku } from '../shared.ts'
import { orders } from './contract.ts'

interface OrderToFulfil {
  readonly orderId: string
  readonly customerId: string
  readonly lines: { sku: string; quantity: number }[]
  readonly total: Money
  readonly token: string
}

/** Nobody starts this version any more: what `start` asks for is the newer one's input alone, so this one's is left open. */
const OrderToFulfil: z.ZodType<OrderToFulfil, unknown> = z.object({
  orderId: Id,
  customerId: Id,
  lines: z.array(z.object({ sku: Sku, quantity: Quantity })),
  total: Money,
  token: z.string(),
})

/**
 * The way of an order before there was shipping, for orders that are on it still. Their goods are sent by
 * {@link shipOrder} once they are completed. To be deleted when nothing runs on it.
 */
export const fulfilOrderV1 = saga('fulfilOrder', {
  version: 1,
  input: OrderToFulfil,
  uses: { inventory, payments, orders },
})
  .undone(({ input, failure }, { orders }) =>
    orders.rejectOrder({ orderId: input.orderId, rejection: rejectionOf(failure) }),
  )
  .step(
    'reserveStock',
    ({ input }, { inventory }) => inventory.reserve({ orderId: input.orderId, lines: input.lines }),
    {
      undo: ({ input }, { inventory }) => inventory.release({ orderId: input.orderId }),
    },
  )
  .step(
    'authorisePayment',
    ({ input }, { payments }) =>
      payments.authorise({
        orderId: input.orderId,
        customerId: input.customerId,
        amount: input.total,
        token: input.token,
      }),
    { undo: ({ input }, { payments }) => payments.voidPayment({ orderId: input.orderId }), deadline: '30s' },
  )
  .pivot('capturePayment', ({ input }, { payments }) => payments.capture({ orderId: input.orderId }))
  .step('completeOrder', ({ input, reserveStock, authorisePayment, capturePayment }, { orders }) =>
    orders.completeOrder({
      orderId: input.orderId,
      reservedAt: reserveStock.reservedAt,
      authorisedAt: authorisePayment.authorisedAt,
      paidAt: capturePayment.capturedAt,
    }),
  )

const Shortages = z.object({
  shortages: z.array(z.object({ sku: Sku, requested: z.int(), available: z.int() })),
})

/** What the customer reads as the reason; a shortage says what there was. */
function rejectionOf(failure: { code: string; details?: unknown } | undefined) {
  const shortages = Shortages.safeParse(failure?.details)
  return {
    code: failure?.code ?? 'CANCELLED',
    ...(shortages.success && { shortages: shortages.data.shortages }),
  }
}
