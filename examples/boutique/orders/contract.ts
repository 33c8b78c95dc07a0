import {
  anyOf,
  command,
  contract,
  event,
  notFound,
  owner,
  page,
  query,
  refused,
  roles,
  stream,
} from 'archipel'
import { z } from 'zod'
import { Id, Instant, Money, Quantity, Sku } from '../shared.ts'

/** What happens to an order, in this order; `rejected` is the other end. */
export const OrderStatus = z.enum(['placed', 'reserved', 'authorised', 'paid', 'completed', 'rejected'])
export type OrderStatus = z.infer<typeof OrderStatus>

const RequestedLine = z.object({ sku: Sku, quantity: Quantity })
const OrderLine = z.object({ number: z.int(), sku: Sku, name: z.string(), quantity: z.int(), price: Money })
export const HistoryEntry = z.object({ number: z.int(), status: OrderStatus, at: Instant })
const Rejection = z.object({
  code: z.string(),
  shortages: z.array(z.object({ sku: Sku, requested: z.int(), available: z.int() })).optional(),
})

export const OrderSummary = z.object({
  id: Id,
  customerId: Id,
  status: OrderStatus,
  total: Money,
  placedAt: Instant,
})
export const Order = OrderSummary.extend({
  lines: z.array(OrderLine),
  history: z.array(HistoryEntry),
  rejection: Rejection.nullable(),
})
const StatusChange = z.object({ orderId: Id, customerId: Id, total: Money, at: Instant })

export const orders = contract('orders', {
  version: '1.0.0',
  operations: {
    placeOrder: command({
      summary: 'Place an order; follow it at its Location',
      http: { route: 'POST /orders', status: 202, location: '/orders/{id}' },
      access: roles('customer'),
      input: z.object({
        lines: z.array(RequestedLine).min(1).max(1_000),
        payment: z.object({ token: z.string().min(1).max(100) }),
      }),
      output: z.object({ id: Id, status: OrderStatus, total: Money }),
      errors: {
        SKUS_UNKNOWN: refused(z.object({ skus: z.array(Sku) })),
        TOTAL_TOO_HIGH: refused(z.object({ limit: Money })),
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
      summary: 'The last step of an order that was paid',
      access: 'internal',
      input: z.object({ orderId: Id, reservedAt: Instant, authorisedAt: Instant, paidAt: Instant }),
      output: z.object({ completedAt: Instant }),
      errors: { ORDER_NOT_FOUND: notFound(), ORDER_REJECTED: refused() },
    }),
    rejectOrder: command({
      summary: 'The end of an order that could not be fulfilled',
      access: 'internal',
      input: z.object({ orderId: Id, rejection: Rejection }),
      output: z.object({ rejectedAt: Instant }),
      errors: { ORDER_NOT_FOUND: notFound(), ORDER_COMPLETED: refused() },
    }),
  },
  events: {
    orderPlaced: event({
      data: StatusChange.extend({ lines: z.array(RequestedLine) }),
      key: 'orderId',
      version: 1,
    }),
    orderCompleted: event({ data: StatusChange, key: 'orderId', version: 1 }),
    orderRejected: event({ data: StatusChange.extend({ rejection: Rejection }), key: 'orderId', version: 1 }),
  },
})
