import { sql, type Queryable, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import type { Money } from '../shared.ts'
import { Refund } from './contract.ts'
import { given, ofKind, where } from '../where.ts'

const Begun = z.object({ asked: z.int() })

/** What is given back of an order's payment or about to be. The caller holds the payment's row. */
export async function askedBack(db: WriteDatabase, orderId: string): Promise<number> {
  const { asked } = await db.one(
    Begun,
    sql`select coalesce(sum(amount), 0)::bigint as asked from refunds where order_id = ${orderId} and status <> 'declined'`,
  )
  return asked
}

interface NewRefund {
  readonly id: string
  readonly refundId: string
  readonly orderId: string
  readonly amount: Money
  readonly reason: string
  readonly createdAt: string
}

/** @returns false when it was begun before and not declined; a declined one may be tried again. */
export async function beginRefund(db: WriteDatabase, refund: NewRefund): Promise<boolean> {
  const { id, refundId, orderId, amount, reason, createdAt } = refund
  const begun = await db.run(
    sql`insert into refunds as r (id, refund_id, order_id, amount, currency, reason, status, created_at)
      values (${id}, ${refundId}, ${orderId}, ${amount.amount}, ${amount.currency}, ${reason}, 'pending', ${createdAt})
      on conflict (refund_id) do update set status = 'pending', decline_reason = null, amount = excluded.amount,
          currency = excluded.currency, reason = excluded.reason
        where r.status = 'declined' and r.order_id = excluded.order_id`,
  )
  return begun === 1
}

export async function settleRefund(
  db: WriteDatabase,
  refundId: string,
  outcome: { readonly refundedAt: string } | { readonly declineReason: string },
): Promise<void> {
  await db.run(
    'refundedAt' in outcome
      ? sql`update refunds set status = 'refunded', refunded_at = ${outcome.refundedAt} where refund_id = ${refundId}`
      : sql`update refunds set status = 'declined', decline_reason = ${outcome.declineReason} where refund_id = ${refundId}`,
  )
}

export interface RefundFilter {
  /** Whose refunds; undefined: everybody's. */
  readonly customerId: string | undefined
  readonly orderId: string | undefined
  readonly status: string | undefined
  readonly before: string | undefined
  readonly limit: number
}

const REFUNDS = sql`refunds r join payments p using (order_id)`
/** Payment by payment: else PostgreSQL, until it knows the tables, reads everybody's refunds for those of one customer. */
const REFUNDS_OF_EACH = sql`payments p, lateral (select * from refunds own where own.order_id = p.order_id offset 0) r`

/** The latest first: ids are drawn in the order of time. */
export function refundsBefore(db: Queryable, filter: RefundFilter): Promise<z.infer<typeof Refund>[]> {
  const { customerId, orderId, status, before, limit } = filter
  return db.many(
    Refund,
    sql`select r.id, r.refund_id as "refundId", r.order_id as "orderId", p.customer_id as "customerId", r.reason,
        r.status, r.decline_reason as "declineReason", r.created_at as "createdAt", r.refunded_at as "refundedAt",
        json_build_object('amount', r.amount, 'currency', r.currency) as amount
      from ${customerId === undefined ? REFUNDS : REFUNDS_OF_EACH}
      ${where(
        given(customerId, (id) => sql`p.customer_id = ${id}::uuid`),
        given(orderId, (id) => sql`r.order_id = ${id}::uuid`),
        given(status, (one) => ofKind(sql`r.status, r.id`, one, { before })),
        given(status === undefined ? before : undefined, (id) => sql`r.id < ${id}::uuid`),
      )}
      order by ${status === undefined ? sql`` : sql`r.status desc,`} r.id desc limit ${limit}`,
  )
}
