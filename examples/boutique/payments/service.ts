import { service, sql } from 'archipel'
import { authoriseActivity, captureActivity, voidActivity } from './activities.ts'
import { pageById } from '../shared.ts'
import { Payment, payments } from './contract.ts'
import { creditActivity } from './credit.ts'
import type { ProviderClient } from './provider-client.ts'
import { refundActivity } from './refund.ts'
import { refundsBefore } from './refund-rows.ts'

/** @param provider the card processor outside, under whatever address this process knows it by. */
export function createPaymentsService(provider: ProviderClient) {
  const authorise = authoriseActivity(provider)
  const capture = captureActivity(provider)
  const voidPayment = voidActivity(provider)
  const refund = refundActivity(provider)
  const credit = creditActivity(provider)
  return service(payments, {
    database: { migrations: new URL('./migrations/', import.meta.url) },
    activities: [authorise, capture, voidPayment, refund, credit],
  })
    .operation('authorise', authorise)
    .operation('capture', capture)
    .operation('voidPayment', voidPayment)
    .operation('refund', refund)
    .operation('credit', credit)
    .operation('listPayments', async ({ orderId, limit }, { db, principal }) => ({
      items: await db.many(
        Payment,
        sql`select id, order_id as "orderId", customer_id as "customerId", status, reason, created_at as "createdAt",
            json_build_object('amount', amount, 'currency', currency) as amount,
            json_build_object('amount', (select coalesce(sum(r.amount), 0) from refunds r
              where r.order_id = p.order_id and r.status = 'refunded'), 'currency', currency) as refunded
          from payments p where order_id = ${orderId} and (customer_id = ${principal.id} or ${principal.roles.includes('support')})
          order by created_at limit ${limit}`,
      ),
      next: null,
    }))
    .operation('listRefunds', async ({ orderId, status, limit, cursor }, { db, principal }) => {
      const customerId = principal.roles.includes('support') ? undefined : principal.id
      return pageById(
        await refundsBefore(db, { customerId, orderId, status, before: cursor, limit: limit + 1 }),
        limit,
      )
    })
}
