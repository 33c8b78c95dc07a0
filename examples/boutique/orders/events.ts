import { event } from 'archipel'
import { z } from 'zod'
import { Country, Id, Instant, Money, Quantity, Sku } from '../shared.ts'
import { OrderLine, OrderSource, Rejection } from './order.ts'

/** What every event says. `source` is absent in events of before there were traders. */
const Change = z.object({
  orderId: Id,
  customerId: Id,
  total: Money,
  at: Instant,
  source: OrderSource.optional(),
})
const Sold = z.object({ placedAt: Instant, country: Country, lines: z.array(OrderLine) })

export const orderEvents = {
  orderPlaced: event({
    data: Change.extend({ lines: z.array(z.object({ sku: Sku, quantity: Quantity })) }),
    key: 'orderId',
    version: 1,
  }),
  /** Paid. Without `shipmentId` its goods are still to be scheduled; the other fields are absent in old events. */
  orderCompleted: event({
    data: Change.extend({ ...Sold.partial().shape, shipmentId: Id.optional() }),
    key: 'orderId',
    version: 1,
  }),
  orderRejected: event({ data: Change.extend({ rejection: Rejection }), key: 'orderId', version: 1 }),
  orderCancelled: event({ data: Change, key: 'orderId', version: 1 }),
  orderDispatched: event({ data: Change.extend({ trackingNumber: z.string() }), key: 'orderId', version: 1 }),
  /** It comes after all the others of its order but returns; what was in it was told by `orderPlaced`. */
  orderDelivered: event({ data: Change, key: 'orderId', version: 1 }),
  /** Cancelled after it was paid: all of it goes back. */
  orderRefunded: event({ data: Change.extend(Sold.shape), key: 'orderId', version: 1 }),
  /** Lines that came back, with the price that was paid for them. */
  returnRefunded: event({
    data: z.object({
      returnId: Id,
      orderId: Id,
      customerId: Id,
      refund: Money,
      at: Instant,
      country: Country,
      source: OrderSource,
      lines: z.array(OrderLine.omit({ stocked: true })),
    }),
    key: 'orderId',
    version: 1,
  }),
}
