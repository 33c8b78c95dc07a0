import { anyOf, command, conflict, invalid, notFound, owner, page, query, refused, roles } from 'archipel'
import { z } from 'zod'
import { Id, Instant, Money, Quantity, Sku, textLine } from '../../shared.ts'
import { OrderStatus } from '../order.ts'

/** Other ends: `refunded`, and `refused` by support or by who should give the money back. */
const ReturnStatus = z.enum(['requested', 'approved', 'refunded', 'refused'])
/** Back on the shelf, or thrown away. */
export const Disposition = z.enum(['restock', 'writeOff'])
const ReturnLine = z.object({
  number: z.int(),
  sku: Sku,
  name: z.string(),
  quantity: z.int(),
  price: Money,
  /** Null until it is approved. */
  disposition: Disposition.nullable(),
})
export const ReturnSummary = z.object({
  id: Id,
  orderId: Id,
  customerId: Id,
  status: ReturnStatus,
  /** Quantities by the prices that were paid. */
  refund: Money,
  requestedAt: Instant,
})
export const Return = ReturnSummary.extend({
  lines: z.array(ReturnLine),
  /** What the customer says. */
  reason: z.string().nullable(),
  /** Why it was refused: the words of support, or a code. */
  refusal: z.string().nullable(),
  decidedAt: Instant.nullable(),
  refundedAt: Instant.nullable(),
})

const LineNumber = z.int().min(1).max(1_000)
const ownerOrSupport = anyOf(owner('customerId'), roles('support'))
const ORDER_NOT_FOUND = notFound()
const RETURN_NOT_FOUND = notFound()
const RETURN_DECIDED = conflict(z.object({ status: ReturnStatus }))
const Words = textLine(500)

/** How goods come back: asked for by line and quantity, decided by support, refunded by the price paid. */
export const returnOperations = {
  requestReturn: command({
    summary: 'Send lines of a dispatched order back; as often as something of it is left',
    http: { route: 'POST /orders/{id}/returns', status: 201, location: '/returns/{id}' },
    access: ownerOrSupport,
    input: z.object({
      id: Id,
      lines: z
        .array(z.object({ number: LineNumber, quantity: Quantity }))
        .min(1)
        .max(1_000),
      reason: Words.optional(),
    }),
    output: Return,
    errors: {
      ORDER_NOT_FOUND,
      NOT_DISPATCHED: conflict(z.object({ status: OrderStatus })),
      LINES_UNKNOWN: invalid(z.object({ numbers: z.array(z.int()) })),
      MORE_THAN_BOUGHT: refused(
        z.object({ lines: z.array(z.object({ number: z.int(), requested: z.int(), left: z.int() })) }),
      ),
    },
  }),
  getReturn: query({
    http: { route: 'GET /returns/{id}' },
    access: ownerOrSupport,
    input: z.object({ id: Id }),
    output: Return,
    errors: { RETURN_NOT_FOUND },
  }),
  listReturnsOfOrder: query({
    summary: 'The returns of an order, the latest first',
    http: { route: 'GET /orders/{id}/returns' },
    access: ownerOrSupport,
    ...page(ReturnSummary, { id: Id }, { cursor: Id }),
  }),
  listReturns: query({
    summary: 'Returns of one status, the longest waiting first: those to be decided unless told otherwise',
    http: { route: 'GET /returns' },
    access: roles('support'),
    ...page(ReturnSummary, { status: ReturnStatus.default('requested') }, { cursor: Id }),
  }),
  approveReturn: command({
    summary: 'Take the goods back, saying of each line what becomes of it; the refund is on its way',
    http: { route: 'POST /returns/{id}/approval', status: 202, location: '/returns/{id}' },
    access: roles('support'),
    input: z.object({
      id: Id,
      lines: z
        .array(z.object({ number: LineNumber, disposition: Disposition }))
        .min(1)
        .max(1_000),
    }),
    output: Return,
    errors: {
      RETURN_NOT_FOUND,
      RETURN_DECIDED,
      /** Every line of the return is named once, and no other. */
      LINES_WRONG: invalid(z.object({ missing: z.array(z.int()), wrong: z.array(z.int()) })),
    },
  }),
  refuseReturn: command({
    summary: 'Take nothing back; what was asked for may be asked for again',
    http: { route: 'POST /returns/{id}/refusal' },
    access: roles('support'),
    input: z.object({ id: Id, reason: Words }),
    output: Return,
    errors: { RETURN_NOT_FOUND, RETURN_DECIDED },
  }),
  completeReturn: command({
    summary: 'The goods are back and the money is too',
    access: 'internal',
    input: z.object({ returnId: Id }),
    output: z.object({ refundedAt: Instant }),
    errors: { RETURN_NOT_FOUND },
  }),
  failReturn: command({
    summary: 'The money could not be given back, so nothing was returned',
    access: 'internal',
    input: z.object({ returnId: Id, code: z.string() }),
    output: z.object({ failedAt: Instant }),
    errors: { RETURN_NOT_FOUND },
  }),
}
