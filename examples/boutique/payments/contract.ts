import {
  anyOf,
  command,
  conflict,
  contract,
  event,
  notFound,
  owner,
  page,
  query,
  refused,
  roles,
} from 'archipel'
import { z } from 'zod'
import { HIGHEST_AMOUNT, Id, Instant, Money } from '../shared.ts'

export const PaymentStatus = z.enum(['pending', 'authorised', 'captured', 'declined', 'voided'])
export const Payment = z.object({
  id: Id,
  orderId: Id,
  customerId: Id,
  amount: Money,
  status: PaymentStatus,
  reason: z.string().nullable(),
  /** What was given back of it so far. */
  refunded: Money,
  createdAt: Instant,
})
const RefundStatus = z.enum(['pending', 'refunded', 'declined'])
export const Refund = z.object({
  id: Id,
  /** The name that who asked for it gave it: one refund, however often it is asked for. */
  refundId: Id,
  orderId: Id,
  customerId: Id,
  amount: Money,
  reason: z.string(),
  status: RefundStatus,
  declineReason: z.string().nullable(),
  createdAt: Instant,
  refundedAt: Instant.nullable(),
})
/** The card processor moves no empty amounts. */
const Moved = Money.extend({ amount: z.int().min(1).max(HIGHEST_AMOUNT) })
const Declined = refused(z.object({ reason: z.string() }))
const Change = z.object({ orderId: Id, paymentId: Id, amount: Money, at: Instant })
const RefundChange = Change.extend({ refundId: Id })
const CreditChange = z.object({ creditNoteId: Id, customerId: Id, amount: Money, at: Instant })

export const payments = contract('payments', {
  version: '1.1.0',
  operations: {
    listPayments: query({
      summary:
        'The payments of an order; of one that is not yours there are none, as of one that does not exist',
      http: { route: 'GET /payments' },
      access: anyOf(owner('customerId'), roles('support')),
      ...page(Payment, { orderId: Id }),
    }),
    listRefunds: query({
      summary: 'What was given back, or was to be, the latest first; your own unless you are support',
      http: { route: 'GET /refunds' },
      access: anyOf(owner('customerId'), roles('support')),
      ...page(Refund, { orderId: Id.optional(), status: RefundStatus.optional() }, { cursor: Id }),
    }),
    authorise: command({
      summary: 'Have the amount of an order held on the card',
      access: 'internal',
      input: z.object({ orderId: Id, customerId: Id, amount: Money, token: z.string() }),
      output: z.object({ paymentId: Id, authorisedAt: Instant }),
      errors: { PAYMENT_DECLINED: refused(z.object({ reason: z.string() })), ALREADY_AUTHORISED: conflict() },
    }),
    voidPayment: command({
      summary: 'Let go of what was held for an order, also when it was never held',
      access: 'internal',
      input: z.object({ orderId: Id }),
      output: z.object({ voided: z.boolean() }),
      errors: { ALREADY_CAPTURED: conflict() },
    }),
    capture: command({
      summary: 'Take the amount that is held',
      access: 'internal',
      input: z.object({ orderId: Id }),
      output: z.object({ paymentId: Id, capturedAt: Instant }),
      errors: { CAPTURE_DECLINED: refused(z.object({ reason: z.string() })), NOT_AUTHORISED: notFound() },
    }),
    refund: command({
      summary: 'Give back of what was taken for an order; all refunds together never more than that',
      access: 'internal',
      input: z.object({ orderId: Id, refundId: Id, amount: Moved, reason: z.string().min(1).max(500) }),
      output: z.object({ refundId: Id, refundedAt: Instant }),
      errors: {
        NOT_CAPTURED: conflict(),
        ALREADY_REFUNDED: conflict(),
        REFUND_TOO_HIGH: refused(z.object({ left: Money })),
        REFUND_DECLINED: Declined,
      },
    }),
    credit: command({
      summary: 'Give money to a card that nothing was taken from',
      access: 'internal',
      input: z.object({
        creditNoteId: Id,
        customerId: Id,
        amount: Moved,
        token: z.string().min(1).max(100),
      }),
      output: z.object({ creditedAt: Instant }),
      errors: { ALREADY_CREDITED: conflict(), CREDIT_DECLINED: Declined },
    }),
  },
  events: {
    paymentAuthorised: event({ data: Change, key: 'orderId', version: 1 }),
    paymentDeclined: event({ data: Change.extend({ reason: z.string() }), key: 'orderId', version: 1 }),
    paymentCaptured: event({ data: Change, key: 'orderId', version: 1 }),
    paymentVoided: event({ data: Change, key: 'orderId', version: 1 }),
    paymentRefunded: event({ data: RefundChange, key: 'orderId', version: 1 }),
    refundDeclined: event({
      data: RefundChange.extend({ reason: z.string() }),
      key: 'orderId',
      version: 1,
    }),
    cardCredited: event({ data: CreditChange, key: 'creditNoteId', version: 1 }),
    creditDeclined: event({
      data: CreditChange.extend({ reason: z.string() }),
      key: 'creditNoteId',
      version: 1,
    }),
  },
})
