import { sql, type Queryable, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { OrderSource } from '../order.ts'
import { Return, ReturnSummary } from './contract.ts'
import { given, ofKind, where } from '../../where.ts'

const summary = sql`r.id, r.order_id as "orderId", o.customer_id as "customerId", r.status, r.requested_at as "requestedAt",
  json_build_object('amount', r.refund_amount, 'currency', r.refund_currency) as refund`
const whole = sql`${summary}, r.reason, r.refusal, r.decided_at as "decidedAt", r.refunded_at as "refundedAt",
  (select json_agg(json_build_object('number', l.number, 'sku', l.sku, 'name', l.name, 'quantity', rl.quantity,
      'price', json_build_object('amount', l.price_amount, 'currency', l.price_currency), 'disposition', rl.disposition)
      order by l.number)
    from return_lines rl join order_lines l on l.order_id = rl.order_id and l.number = rl.number
    where rl.return_id = r.id) as lines`
const from = sql`from returns r join orders o on o.id = r.order_id`

export function findReturn(db: Queryable, id: string) {
  return db.maybeOne(Return, sql`select ${whole} ${from} where r.id = ${id}`)
}

const LockedReturn = Return.extend({ country: z.string(), source: OrderSource })

/** The return's row, locked: it is decided once. Dispositions are read by who decided before, or not at all. */
export function lockReturn(db: WriteDatabase, id: string) {
  return db.maybeOne(
    LockedReturn,
    sql`select ${whole}, o.country, o.source ${from} where r.id = ${id} for update of r`,
  )
}

/** @param viewer whose returns are seen; undefined: everybody's. */
export function returnsOfOrder(
  db: Queryable,
  { orderId, viewer }: { orderId: string; viewer: string | undefined },
  { before, limit }: { before: string | undefined; limit: number },
) {
  return db.many(
    ReturnSummary,
    sql`select ${summary} ${from}
      ${where(
        sql`r.order_id = ${orderId}`,
        given(viewer, (id) => sql`o.customer_id = ${id}::uuid`),
        given(before, (id) => sql`r.id < ${id}::uuid`),
      )}
      order by r.id desc limit ${limit}`,
  )
}

export function returnsByStatus(
  db: Queryable,
  status: string,
  { after, limit }: { after: string | undefined; limit: number },
) {
  return db.many(
    ReturnSummary,
    sql`select ${summary} ${from}
      where ${ofKind(sql`r.status, r.id`, status, { after })}
      order by r.status, r.id limit ${limit}`,
  )
}
