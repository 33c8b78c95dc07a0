import { saga } from 'archipel'
import { z } from 'zod'
import { Id, Quantity, Sku } from '../shared.ts'
import { shipping } from '../shipping/contract.ts'

const OrderToShip = z.object({
  orderId: Id,
  customerId: Id,
  goods: z.array(z.object({ number: z.int(), sku: Sku, name: z.string(), quantity: Quantity })),
})

/** Sends the goods of an order that was completed before there was shipping. */
export const shipOrder = saga('shipOrder', { version: 1, input: OrderToShip, uses: { shipping } }).step(
  'scheduleShipment',
  ({ input }, { shipping }) =>
    shipping.scheduleShipment({
      orderId: input.orderId,
      customerId: input.customerId,
      address: null,
      lines: input.goods,
    }),
)
