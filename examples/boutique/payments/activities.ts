import { activity, sql } from 'archipel'
import { payments } from './contract.ts'
import type { ProviderClient, ProviderOutcome } from './provider-client.ts'
import { insertPayment, lockPayment, settlePayment } from './payment-rows.ts'

const { events } = payments

/** Holds the amount of an order at the provider. Its key is kept: a void names it, also when the answer was lost. */
export function authoriseActivity(provider: ProviderClient) {
  const { input, output, errors } = payments.operations.authorise
  return activity('authorise', { input, output, errors, events, effects: { provider } })
    .intend(async ({ orderId, customerId, amount, token }, { db, errors, key, id, now }) => {
      const payment = { id: id(), orderId, customerId, amount, authorisationKey: key, createdAt: now() }
      if (!(await insertPayment(db, payment))) throw errors.ALREADY_AUTHORISED()
      return { paymentId: payment.id, amount, token, reference: orderId }
    })
    .effect(({ amount, token, reference }, { provider, key, signal }) =>
      provider.authorise(key, { amount, token, reference }, signal),
    )
    .settle(async (outcome, { db, publish, errors, input, intent, now }) => {
      const { orderId, amount } = input
      const { paymentId } = intent
      if (outcome.status === 'refused') {
        await settlePayment(db, orderId, { status: 'declined', reason: outcome.reason })
        publish.paymentDeclined({ orderId, paymentId, amount, at: now(), reason: outcome.reason })
        // Returned, not thrown: that the payment was declined is worth keeping.
        return errors.PAYMENT_DECLINED({ reason: outcome.reason })
      }
      await settlePayment(db, orderId, { status: 'authorised', authorisationId: outcome.id })
      publish.paymentAuthorised({ orderId, paymentId, amount, at: outcome.at })
      return { paymentId, authorisedAt: outcome.at }
    })
}

/** Takes what is held: from here on the money has moved. */
export function captureActivity(provider: ProviderClient) {
  const { input, output, errors } = payments.operations.capture
  return activity('capture', { input, output, errors, events, effects: { provider } })
    .intend(async ({ orderId }, { db, errors }) => {
      const payment = await lockPayment(db, orderId)
      if (payment?.status !== 'authorised' || payment.authorisationId === null) throw errors.NOT_AUTHORISED()
      return { paymentId: payment.id, authorisationId: payment.authorisationId, amount: payment.amount }
    })
    .effect(({ authorisationId, amount }, { provider, key, signal }) =>
      provider.capture(key, { authorisationId, amount }, signal),
    )
    .settle(async (outcome, { db, publish, errors, input, intent }) => {
      const { orderId } = input
      const { paymentId, amount } = intent
      if (outcome.status === 'refused') throw errors.CAPTURE_DECLINED({ reason: outcome.reason })
      await settlePayment(db, orderId, { status: 'captured' })
      publish.paymentCaptured({ orderId, paymentId, amount, at: outcome.at })
      return { paymentId, capturedAt: outcome.at }
    })
}

const NOTHING_HELD: ProviderOutcome = { status: 'done', at: new Date(0).toISOString() }

/** Lets go of what is held. The provider knows the authorisation by its key, even before it arrived. */
export function voidActivity(provider: ProviderClient) {
  const { input, output, errors } = payments.operations.voidPayment
  return activity('voidPayment', { input, output, errors, events, effects: { provider } })
    .intend(async ({ orderId }, { db, errors }) => {
      const payment = await lockPayment(db, orderId)
      if (payment?.status === 'captured') throw errors.ALREADY_CAPTURED()
      const held = payment?.status === 'pending' || payment?.status === 'authorised'
      return {
        authorisationKey: held ? payment.authorisationKey : null,
        amount: payment?.amount ?? null,
        paymentId: payment?.id ?? null,
      }
    })
    .effect(async ({ authorisationKey }, { provider, key, signal }) =>
      authorisationKey === null ? NOTHING_HELD : provider.void(key, { authorisationKey }, signal),
    )
    .settle(async (outcome, { db, publish, errors, input, intent, now }) => {
      const { orderId } = input
      const { authorisationKey, amount, paymentId } = intent
      if (outcome.status === 'refused') throw errors.ALREADY_CAPTURED()
      if (authorisationKey === null || amount === null || paymentId === null) return { voided: false }
      await db.run(sql`update payments set status = 'voided' where order_id = ${orderId}`)
      publish.paymentVoided({ orderId, paymentId, amount, at: now() })
      return { voided: true }
    })
}
