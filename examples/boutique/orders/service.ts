import { service, sql } from 'archipel'
import { catalogue } from '../catalogue/contract.ts'
import { inventory } from '../inventory/contract.ts'
import { payments } from '../payments/contract.ts'
import { HIGHEST_AMOUNT } from '../shared.ts'
import { orders } from './contract.ts'
import { fulfilOrder } from './fulfil-order.ts'
import { insertOrder, priced, skusOf } from './pricing.ts'
import { advance, historyOf, lockOrder } from './progress.ts'
import { findOrder, historyAfter, ordersOf, ownerOfOrder } from './reads.ts'

const ENDS: readonly string[] = ['completed', 'rejected']

export const ordersService = service(orders, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
  uses: { catalogue },
  sagas: [fulfilOrder],
})
  .operation(
    'placeOrder',
    { prepare: ({ lines }, { catalogue }) => catalogue.getProducts({ skus: skusOf(lines) }) },
    async ({ lines, payment }, { db, publish, start, errors, principal, id, now }, { products }) => {
      const { order, unknown } = priced(
        { id: id(), customerId: principal.id, placedAt: now() },
        lines,
        products,
      )
      if (unknown.length > 0) throw errors.SKUS_UNKNOWN({ skus: unknown })
      if (order.total.amount > HIGHEST_AMOUNT)
        throw errors.TOTAL_TOO_HIGH({ limit: { amount: HIGHEST_AMOUNT, currency: 'GBP' } })
      await insertOrder(db, order)
      const { id: orderId, customerId, total, placedAt } = order
      publish.orderPlaced({ orderId, customerId, total, at: placedAt, lines })
      start.fulfilOrder(orderId, { orderId, customerId, lines, total, token: payment.token })
      return { id: orderId, status: 'placed', total }
    },
  )
  .operation('listOrders', async ({ limit, cursor }, { db, principal }) => {
    const items = await ordersOf(db, principal.id, cursor, limit + 1)
    return {
      items: items.slice(0, limit),
      next: items.length > limit ? (items[limit - 1]?.id ?? null) : null,
    }
  })
  .operation('getOrder', async ({ id }, { db, errors }) => {
    const order = await findOrder(db, id)
    if (!order) throw errors.ORDER_NOT_FOUND()
    return order
  })
  .operation(
    'watchOrder',
    { ownerOf: ownerOfOrder },
    async function* ({ id }, { db, signal, lastEventId, changed }) {
      let seen = numberOf(lastEventId)
      while (!signal.aborted) {
        for (const entry of await historyAfter(db, id, seen)) {
          if (entry.number > seen) yield { id: String(entry.number), data: entry }
          seen = entry.number
          if (ENDS.includes(entry.status)) return
        }
        await changed(id)
      }
    },
  )
  .operation(
    'completeOrder',
    async ({ orderId, reservedAt, authorisedAt, paidAt }, { db, publish, errors, now }) => {
      const order = await lockOrder(db, orderId)
      if (!order) throw errors.ORDER_NOT_FOUND()
      if (order.status === 'rejected') throw errors.ORDER_REJECTED()
      const completedAt = now()
      await advance(db, order, {
        reserved: reservedAt,
        authorised: authorisedAt,
        paid: paidAt,
        completed: completedAt,
      })
      publish.orderCompleted({ orderId, customerId: order.customerId, total: order.total, at: completedAt })
      return { completedAt }
    },
  )
  .operation('rejectOrder', async ({ orderId, rejection }, { db, publish, errors, now }) => {
    const order = await lockOrder(db, orderId)
    if (!order) throw errors.ORDER_NOT_FOUND()
    if (order.status === 'completed') throw errors.ORDER_COMPLETED()
    const rejectedAt = now()
    await db.run(sql`
      with moved as (
        update orders set status = 'rejected', rejection = ${JSON.stringify(rejection)} where id = ${orderId}
      )
      ${historyOf(orderId, [{ status: 'rejected', at: rejectedAt }])}`)
    publish.orderRejected({
      orderId,
      customerId: order.customerId,
      total: order.total,
      at: rejectedAt,
      rejection,
    })
    return { rejectedAt }
  })
  .on(inventory.events.stockReserved, { name: 'mark-reserved', from: 'start' }, async ({ data }, { db }) => {
    const order = await lockOrder(db, data.orderId)
    if (order) await advance(db, order, { reserved: data.reservedAt })
  })
  .on(
    [payments.events.paymentAuthorised, payments.events.paymentCaptured],
    { name: 'mark-paid', from: 'start' },
    async ({ type, data }, { db }) => {
      const order = await lockOrder(db, data.orderId)
      if (!order) return
      await advance(
        db,
        order,
        type === payments.events.paymentCaptured.type ? { paid: data.at } : { authorised: data.at },
      )
    },
  )

/** Where a watcher was; an id that we never gave means from the beginning. */
function numberOf(lastEventId: string | undefined): number {
  return /^\d{1,9}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0
}
