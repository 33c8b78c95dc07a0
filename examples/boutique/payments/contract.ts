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
import { Id, Instant, Money } from '../shared.ts'

export const PaymentStatus = z.enum(['pending', 'authorised', 'captured', 'declined', 'voided'])
export const Payment = z.object({
  id: Id,
  orderId: Id,
  customerId: Id,
  amount: Money,
  status: PaymentStatus,
  reason: z.string().nullable(),
  createdAt: Instant,
})
const Change = z.object({ orderId: Id, paymentId: Id, amount: Money, at: Instant })

export const payments = contract('payments', {
  version: '1.0.0',
  operations: {
    listPayments: query({
      summary: 'The payments of an order',
      http: { route: 'GET /payments' },
      access: anyOf(owner('customerId'), roles('support')),
      ...page(Payment, { orderId: Id }),
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
  },
  events: {
    paymentAuthorised: event({ data: Change, key: 'orderId', version: 1 }),
    paymentDeclined: event({ data: Change.extend({ reason: z.string() }), key: 'orderId', version: 1 }),
    paymentCaptured: event({ data: Change, key: 'orderId', version: 1 }),
    paymentVoided: event({ data: Change, key: 'orderId', version: 1 }),
  },
})
