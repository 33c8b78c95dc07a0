import { command, conflict, page, query, refused, roles } from 'archipel'
import { z } from 'zod'
import { Country, Id, Instant, Money, Price, Quantity, Sku, textLine } from '../../shared.ts'
import { OrderStatus } from '../order.ts'

/** What a trader calls an order: unique among the trader's own. */
const ExternalReference = textLine(100)
const Imported = z.object({ id: Id, status: OrderStatus, total: Money })

export const TradeOrder = Imported.extend({ externalReference: ExternalReference })
/** What orders of one status come to. */
export const TradeStatusSum = z.object({
  status: OrderStatus,
  orders: z.int(),
  lines: z.int(),
  units: z.int(),
  total: Money.extend({ amount: z.int().min(0) }),
})

/** Orders that a trader took elsewhere: at that time, at those prices. From there they go the way of every order. */
export const tradeOperations = {
  importOrder: command({
    summary: 'Bring an order in; the same one again is answered as it stands now',
    http: { route: 'POST /trade/orders', status: 202 },
    access: roles('trade'),
    input: z.object({
      externalReference: ExternalReference,
      customerId: Id,
      placedAt: Instant,
      country: Country,
      lines: z
        .array(z.object({ sku: Sku, quantity: Quantity, price: Price }))
        .min(1)
        .max(1_000),
      payment: z.object({ token: z.string().min(1).max(100) }),
    }),
    output: Imported,
    errors: {
      SKUS_UNKNOWN: refused(z.object({ skus: z.array(Sku) })),
      TOTAL_TOO_HIGH: refused(z.object({ limit: Money })),
      REFERENCE_TAKEN: conflict(z.object({ id: Id })),
    },
  }),
  listTradeOrders: query({
    summary: 'The orders you brought in, by their references',
    http: { route: 'GET /trade/orders' },
    access: roles('trade'),
    ...page(TradeOrder, {}, { cursor: ExternalReference }),
  }),
  summariseTradeOrders: query({
    summary: 'How many orders you brought in, and what they come to, by status',
    http: { route: 'GET /trade/orders/summary' },
    access: roles('trade'),
    input: z.object({}),
    output: z.object({ statuses: z.array(TradeStatusSum) }),
  }),
}
