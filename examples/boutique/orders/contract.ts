import { anyOf, command, contract, notFound, owner, page, query, refused, roles, stream } from 'archipel'
import { z } from 'zod'
import { Address, Id, Instant, Money, Quantity, Sku } from '../shared.ts'
import { cancellationOperations } from './cancellation/contract.ts'
import { orderEvents } from './events.ts'
import { HistoryEntry, Order, OrderStatus, OrderSummary, Rejection } from './order.ts'
import { returnOperations } from './returns/contract.ts'
import { tradeOperations } from './trade/contract.ts'

const RequestedLine = z.object({ sku: Sku, quantity: Quantity })
/** A kept address or card by its id, or the thing itself. */
const ShipTo = z.union([z.object({ addressId: Id }), z.object({ address: Address })])
const Payment = z.union([z.object({ token: z.string().min(1).max(100) }), z.object({ methodId: Id })])
const Shipment = z.object({ id: Id, trackingNumber: z.string() })

export const orders = contract('orders', {
  version: '1.1.0',
  operations: {
    placeOrder: command({
      summary: 'Place an order; follow it at its Location',
      http: { route: 'POST /orders', status: 202, location: '/orders/{id}' },
      access: roles('customer'),
      input: z.object({
        lines: z.array(RequestedLine).min(1).max(1_000),
        shipTo: ShipTo.optional(),
        payment: Payment,
      }),
      output: z.object({ id: Id, status: OrderStatus, total: Money }),
      errors: {
        SKUS_UNKNOWN: refused(z.object({ skus: z.array(Sku) })),
        TOTAL_TOO_HIGH: refused(z.object({ limit: Money })),
        ADDRESS_NOT_FOUND: refused(),
        METHOD_NOT_FOUND: refused(),
      },
    }),
    listOrders: query({
      summary: 'Your own orders, the latest first',
      http: { route: 'GET /orders' },
      access: owner('customerId'),
      ...page(OrderSummary, {}, { cursor: Id }),
    }),
    getOrder: query({
      http: { route: 'GET /orders/{id}' },
      access: anyOf(owner('customerId'), roles('support')),
      input: z.object({ id: Id }),
      output: Order,
      errors: { ORDER_NOT_FOUND: notFound() },
    }),
    watchOrder: stream({
      summary: 'What happens to an order, as it happens, to the end',
      http: { route: 'GET /orders/{id}/events' },
      access: anyOf(owner('customerId'), roles('support')),
      input: z.object({ id: Id }),
      output: HistoryEntry,
      errors: { ORDER_NOT_FOUND: notFound() },
    }),
    completeOrder: command({
      summary: 'An order is paid and its goods are scheduled; without a shipment they are still to be',
      access: 'internal',
      input: z.object({
        orderId: Id,
        reservedAt: Instant,
        authorisedAt: Instant,
        paidAt: Instant,
        shipment: Shipment.optional(),
      }),
      output: z.object({ completedAt: Instant }),
      errors: { ORDER_NOT_FOUND: notFound(), ORDER_REJECTED: refused() },
    }),
    rejectOrder: command({
      summary: 'The end of an order that could not be fulfilled, or was called off in time',
      access: 'internal',
      input: z.object({ orderId: Id, rejection: Rejection }),
      output: z.object({ rejectedAt: Instant }),
      errors: { ORDER_NOT_FOUND: notFound(), ORDER_COMPLETED: refused() },
    }),
    ...cancellationOperations,
    ...returnOperations,
    ...tradeOperations,
  },
  events: orderEvents,
})
