import { service, sql } from 'archipel'
import { authoriseActivity, captureActivity, voidActivity } from './activities.ts'
import { Payment, payments } from './contract.ts'
import type { ProviderClient } from './provider-client.ts'

/** @param provider the card processor outside, under whatever address this process knows it by. */
export function createPaymentsService(provider: ProviderClient) {
  const authorise = authoriseActivity(provider)
  const capture = captureActivity(provider)
  const voidPayment = voidActivity(provider)
  return service(payments, {
    database: { migrations: new URL('./migrations/', import.meta.url) },
    activities: [authorise, capture, voidPayment],
  })
    .operation('authorise', authorise)
    .operation('capture', capture)
    .operation('voidPayment', voidPayment)
    .operation('listPayments', async ({ orderId, limit }, { db, principal }) => ({
      items: await db.many(
        Payment,
        sql`select id, order_id as "orderId", customer_id as "customerId", status, reason, created_at as "createdAt",
            json_build_object('amount', amount, 'currency', currency) as amount
          from payments where order_id = ${orderId} and (customer_id = ${principal.id} or ${principal.roles.includes('support')})
          order by created_at limit ${limit}`,
      ),
      next: null,
    }))
}
