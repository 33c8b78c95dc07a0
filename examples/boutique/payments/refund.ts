import { activity } from 'archipel'
import { payments } from './contract.ts'
import { lockPayment } from './payment-rows.ts'
import type { ProviderClient } from './provider-client.ts'
import { askedBack, beginRefund, settleRefund } from './refund-rows.ts'

const { events } = payments

/**
 * Gives money back. The amount counts from the intent on, under the payment's lock: of many refunds at once none
 * makes the sum more than was captured. One that the provider declined counts no more and may be tried again.
 */
export function refundActivity(provider: ProviderClient) {
  const { input, output, errors } = payments.operations.refund
  return activity('refund', { input, output, errors, events, effects: { provider } })
    .intend(async ({ orderId, refundId, amount, reason }, { db, errors, id, now }) => {
      const payment = await lockPayment(db, orderId)
      if (payment?.status !== 'captured' || payment.authorisationId === null) throw errors.NOT_CAPTURED()
      const left = payment.amount.amount - (await askedBack(db, orderId))
      const begun = await beginRefund(db, { id: id(), refundId, orderId, amount, reason, createdAt: now() })
      if (!begun) throw errors.ALREADY_REFUNDED()
      if (amount.amount > left) throw errors.REFUND_TOO_HIGH({ left: { ...payment.amount, amount: left } })
      return { paymentId: payment.id, authorisationId: payment.authorisationId, amount }
    })
    .effect(({ authorisationId, amount }, { provider, key, signal }) =>
      provider.refund(key, { authorisationId, amount }, signal),
    )
    .settle(async (outcome, { db, publish, errors, input, intent, now }) => {
      const { orderId, refundId, amount } = input
      const news = { orderId, paymentId: intent.paymentId, refundId, amount }
      if (outcome.status === 'refused') {
        const { reason } = outcome
        await settleRefund(db, refundId, { declineReason: reason })
        publish.refundDeclined({ ...news, at: now(), reason })
        // Returned, not thrown: that the refund was declined is worth keeping.
        return errors.REFUND_DECLINED({ reason })
      }
      await settleRefund(db, refundId, { refundedAt: outcome.at })
      publish.paymentRefunded({ ...news, at: outcome.at })
      return { refundId, refundedAt: outcome.at }
    })
}
