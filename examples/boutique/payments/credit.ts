import { activity, sql } from 'archipel'
import { payments } from './contract.ts'
import type { ProviderClient } from './provider-client.ts'

const { events } = payments

/** Pays a credit note out: one credit for each, however often it is asked for. A declined one may be tried again. */
export function creditActivity(provider: ProviderClient) {
  const { input, output, errors } = payments.operations.credit
  return activity('credit', { input, output, errors, events, effects: { provider } })
    .intend(async ({ creditNoteId, customerId, amount, token }, { db, errors, now }) => {
      const begun = await db.run(
        sql`insert into credits as c (credit_note_id, customer_id, amount, currency, status, created_at)
          values (${creditNoteId}, ${customerId}, ${amount.amount}, ${amount.currency}, 'pending', ${now()})
          on conflict (credit_note_id) do update set status = 'pending', decline_reason = null,
              amount = excluded.amount, currency = excluded.currency
            where c.status = 'declined'`,
      )
      if (begun === 0) throw errors.ALREADY_CREDITED()
      return { amount, token, reference: creditNoteId }
    })
    .effect((request, { provider, key, signal }) => provider.credit(key, request, signal))
    .settle(async (outcome, { db, publish, errors, input, now }) => {
      const { creditNoteId, customerId, amount } = input
      const news = { creditNoteId, customerId, amount }
      if (outcome.status === 'refused') {
        const { reason } = outcome
        await db.run(
          sql`update credits set status = 'declined', decline_reason = ${reason} where credit_note_id = ${creditNoteId}`,
        )
        publish.creditDeclined({ ...news, at: now(), reason })
        // Returned, not thrown: that the credit was declined is worth keeping.
        return errors.CREDIT_DECLINED({ reason })
      }
      await db.run(
        sql`update credits set status = 'credited', credited_at = ${outcome.at} where credit_note_id = ${creditNoteId}`,
      )
      publish.cardCredited({ ...news, at: outcome.at })
      return { creditedAt: outcome.at }
    })
}
