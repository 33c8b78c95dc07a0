import { sql, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { Money } from '../shared.ts'
import { PaymentStatus } from './contract.ts'

const PaymentRow = z.object({
  id: z.string(),
  status: PaymentStatus,
  amount: Money,
  authorisationKey: z.string(),
  authorisationId: z.string().nullable(),
})

export interface NewPayment {
  readonly id: string
  readonly orderId: string
  readonly customerId: string
  readonly amount: Money
  readonly authorisationKey: string
  readonly createdAt: string
}

/** @returns false when the order has a payment already. */
export async function insertPayment(db: WriteDatabase, payment: NewPayment): Promise<boolean> {
  const { id, orderId, customerId, amount, authorisationKey, createdAt } = payment
  const inserted = await db.run(
    sql`insert into payments (id, order_id, customer_id, amount, currency, status, authorisation_key, created_at)
      values (${id}, ${orderId}, ${customerId}, ${amount.amount}, ${amount.currency}, 'pending', ${authorisationKey}, ${createdAt})
      on conflict (order_id) do nothing`,
  )
  return inserted === 1
}

export function lockPayment(db: WriteDatabase, orderId: string) {
  return db.maybeOne(
    PaymentRow,
    sql`select id, status, json_build_object('amount', amount, 'currency', currency) as amount,
        authorisation_key as "authorisationKey", authorisation_id as "authorisationId"
      from payments where order_id = ${orderId} for update`,
  )
}

type Settlement =
  | { readonly status: 'authorised'; readonly authorisationId: string | undefined }
  | { readonly status: 'declined'; readonly reason: string }
  | { readonly status: 'captured' }

export async function settlePayment(
  db: WriteDatabase,
  orderId: string,
  settlement: Settlement,
): Promise<void> {
  const authorisationId = settlement.status === 'authorised' ? (settlement.authorisationId ?? null) : null
  const reason = settlement.status === 'declined' ? settlement.reason : null
  await db.run(
    sql`update payments set status = ${settlement.status}, reason = coalesce(${reason}, reason),
        authorisation_id = coalesce(${authorisationId}, authorisation_id)
      where order_id = ${orderId}`,
  )
}
