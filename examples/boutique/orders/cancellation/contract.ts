import { anyOf, command, conflict, notFound, owner, query, roles } from 'archipel'
import { z } from 'zod'
import { Id, Instant } from '../../shared.ts'
import { OrderStatus } from '../order.ts'

/** `cancelled`: before it was paid, so nothing was taken; `refunded`: paid, and given back. */
export const CancellationStatus = z.enum(['requested', 'cancelled', 'refunded', 'refused'])
export const Cancellation = z.object({
  id: Id,
  orderId: Id,
  customerId: Id,
  status: CancellationStatus,
  /** The code of why it was refused. */
  reason: z.string().nullable(),
  requestedAt: Instant,
  answeredAt: Instant.nullable(),
})

const ownerOrSupport = anyOf(owner('customerId'), roles('support'))
const ORDER_NOT_FOUND = notFound()

/** How an order is called off. Whoever asks reads what became of it: the answer may take as long as a payment. */
export const cancellationOperations = {
  requestCancellation: command({
    summary: 'Call an order off, up to its dispatch; what became of it is read at its Location',
    http: {
      route: 'POST /orders/{id}/cancellation',
      status: 202,
      location: '/orders/{orderId}/cancellation',
    },
    access: ownerOrSupport,
    input: z.object({ id: Id }),
    output: Cancellation,
    errors: {
      ORDER_NOT_FOUND,
      ALREADY_DISPATCHED: conflict(),
      ORDER_ENDED: conflict(z.object({ status: OrderStatus })),
    },
  }),
  getCancellation: query({
    summary: 'What became of the latest request to call an order off',
    http: { route: 'GET /orders/{id}/cancellation' },
    access: ownerOrSupport,
    input: z.object({ id: Id }),
    output: Cancellation,
    errors: { CANCELLATION_NOT_FOUND: notFound() },
  }),
  refundOrder: command({
    summary: 'The end of an order that was called off after it was paid',
    access: 'internal',
    input: z.object({ orderId: Id, cancellationId: Id }),
    output: z.object({ refundedAt: Instant }),
    errors: { ORDER_NOT_FOUND },
  }),
  refuseCancellation: command({
    summary: 'The order could not be called off: it goes its way',
    access: 'internal',
    input: z.object({ orderId: Id, cancellationId: Id, reason: z.string() }),
    output: z.object({ refusedAt: Instant }),
  }),
}
