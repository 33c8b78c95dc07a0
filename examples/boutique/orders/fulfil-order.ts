import { saga } from 'archipel'
import { z } from 'zod'
import { inventory } from '../inventory/contract.ts'
import { payments } from '../payments/contract.ts'
import { Address, Id, Money, Quantity, Sku } from '../shared.ts'
import { shipping } from '../shipping/contract.ts'
import { orders } from './contract.ts'

const OrderToFulfil = z.object({
  orderId: Id,
  customerId: Id,
  /** The lines that are things on a shelf; postage and fees need neither stock nor a parcel. */
  goods: z.array(z.object({ number: z.int(), sku: Sku, name: z.string(), quantity: Quantity })),
  address: Address.nullable(),
  total: Money,
  token: z.string(),
})

/** An outage that is over by then costs nobody an order. */
const PATIENCE = '10m'

/**
 * The way of an order through four services. Up to the capture of the payment everything can be undone, in
 * reverse; after it the order only goes forward.
 */
export const fulfilOrder = saga('fulfilOrder', {
  version: 2,
  input: OrderToFulfil,
  uses: { inventory, payments, shipping, orders },
})
  .undone(({ input, failure }, { orders }) =>
    orders.rejectOrder({ orderId: input.orderId, rejection: rejectionOf(failure) }),
  )
  .step(
    'reserveStock',
    ({ input }, { inventory }) =>
      inventory.reserve({
        orderId: input.orderId,
        lines: input.goods.map(({ sku, quantity }) => ({ sku, quantity })),
      }),
    {
      undo: ({ input }, { inventory }) => inventory.release({ orderId: input.orderId }),
      deadline: PATIENCE,
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
    {
      undo: ({ input }, { payments }) => payments.voidPayment({ orderId: input.orderId }),
      deadline: PATIENCE,
    },
  )
  .pivot('capturePayment', ({ input }, { payments }) => payments.capture({ orderId: input.orderId }))
  .step('scheduleShipment', ({ input }, { shipping }) =>
    shipping.scheduleShipment({
      orderId: input.orderId,
      customerId: input.customerId,
      address: input.address,
      lines: input.goods,
    }),
  )
  .step(
    'completeOrder',
    ({ input, reserveStock, authorisePayment, capturePayment, scheduleShipment }, { orders }) =>
      orders.completeOrder({
        orderId: input.orderId,
        reservedAt: reserveStock.reservedAt,
        authorisedAt: authorisePayment.authorisedAt,
        paidAt: capturePayment.capturedAt,
        shipment: { id: scheduleShipment.shipmentId, trackingNumber: scheduleShipment.trackingNumber },
      }),
  )

const Shortages = z.object({
  shortages: z.array(z.object({ sku: Sku, requested: z.int(), available: z.int() })),
})

/** What the customer reads as the reason; a shortage says what there was. */
function rejectionOf(failure: { code: string; details?: unknown }) {
  const shortages = Shortages.safeParse(failure.details)
  return { code: failure.code, ...(shortages.success && { shortages: shortages.data.shortages }) }
}
