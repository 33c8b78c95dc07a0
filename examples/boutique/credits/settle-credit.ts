import { saga } from 'archipel'
import { z } from 'zod'
import { payments } from '../payments/contract.ts'
import { Id, Money } from '../shared.ts'
import { credits } from './contract.ts'

const CreditToSettle = z.object({ creditNoteId: Id, customerId: Id, total: Money, token: z.string() })

/** The way of a credit note: there is nothing to undo before the money goes, and afterwards it only goes forward. */
export const settleCredit = saga('settleCredit', {
  version: 1,
  input: CreditToSettle,
  uses: { payments, credits },
})
  .undone(({ input, failure }, { credits }) =>
    credits.refuseCreditNote({ creditNoteId: input.creditNoteId, refusal: failure.code }),
  )
  .pivot('payCredit', ({ input }, { payments }) =>
    payments.credit({
      creditNoteId: input.creditNoteId,
      customerId: input.customerId,
      amount: input.total,
      token: input.token,
    }),
  )
  .step('completeCreditNote', ({ input, payCredit }, { credits }) =>
    credits.completeCreditNote({ creditNoteId: input.creditNoteId, creditedAt: payCredit.creditedAt }),
  )
