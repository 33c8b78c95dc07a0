import { service } from 'archipel'
import { inventory } from '../inventory/contract.ts'
import { payments } from '../payments/contract.ts'
import { pageById } from '../shared.ts'
import { shipping } from '../shipping/contract.ts'
import { refundOrder, refuseCancellation, requestCancellation } from './cancellation/cancelling.ts'
import { findCancellation } from './cancellation/rows.ts'
import { completeOrder, rejectOrder } from './completion.ts'
import { sagas, uses } from './context.ts'
import { orders } from './contract.ts'
import { insertOrder } from './new-order.ts'
import { COUNTRY_OF_THE_SHOP, isEnd } from './order.ts'
import { termsOf } from './placing.ts'
import { goodsOf, HIGHEST_TOTAL, priced, skusOf } from './pricing.ts'
import { reach } from './progress.ts'
import { findOrder, historyAfter, ordersOf, ownerOfOrder } from './reads.ts'
import { approveReturn, completeReturn, failReturn, refuseReturn } from './returns/deciding.ts'
import { findReturn, returnsByStatus, returnsOfOrder } from './returns/reads.ts'
import { requestReturn } from './returns/requesting.ts'
import { followShipments, shipUnscheduled } from './shipped.ts'
import { importOrder } from './trade/import-order.ts'
import { sumsOfTrader, tradeOrdersOf } from './trade/reads.ts'

export const ordersService = service(orders, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
  uses,
  sagas,
})
  .operation(
    'placeOrder',
    {
      prepare: (input, context) =>
        Promise.all([context.catalogue.getProducts({ skus: skusOf(input.lines) }), termsOf(input, context)]),
    },
    async (input, { db, publish, start, errors, principal, id, now }, [{ products }, { address, token }]) => {
      const { lines, total, unknown } = priced(input.lines, products)
      if (unknown.length > 0) throw errors.SKUS_UNKNOWN({ skus: unknown })
      if (total.amount > HIGHEST_TOTAL.amount) throw errors.TOTAL_TOO_HIGH({ limit: HIGHEST_TOTAL })
      const [orderId, customerId, placedAt] = [id(), principal.id, now()]
      const country = address?.country ?? COUNTRY_OF_THE_SHOP
      await insertOrder(db, { id: orderId, customerId, placedAt, total, lines, address, country })
      publish.orderPlaced({ orderId, customerId, total, at: placedAt, source: 'shop', lines: input.lines })
      start.fulfilOrder(orderId, { orderId, customerId, goods: goodsOf(lines), address, total, token })
      return { id: orderId, status: 'placed', total }
    },
  )
  .operation('listOrders', async ({ limit, cursor }, { db, principal }) =>
    pageById(await ordersOf(db, principal.id, cursor, limit + 1), limit),
  )
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
          if (isEnd(entry.status)) return
        }
        await changed(id)
      }
    },
  )
  .operation('completeOrder', completeOrder)
  .operation('rejectOrder', rejectOrder)
  .onPage(inventory.events.stockReserved, { name: 'mark-reserved', from: 'start' }, (events, { db }) =>
    reach(
      db,
      events.map(({ data }) => ({ orderId: data.orderId, status: 'reserved', at: data.reservedAt })),
    ),
  )
  .onPage(
    [payments.events.paymentAuthorised, payments.events.paymentCaptured],
    { name: 'mark-paid', from: 'start' },
    (events, { db }) =>
      reach(
        db,
        events.map(({ type, data }) => ({
          orderId: data.orderId,
          status: type === payments.events.paymentCaptured.type ? 'paid' : 'authorised',
          at: data.at,
        })),
      ),
  )
  .onPage(
    [shipping.events.shipmentDispatched, shipping.events.shipmentDelivered],
    { name: 'follow-shipment', from: 'start' },
    followShipments,
  )
  .on(orders.events.orderCompleted, { name: 'ship-unscheduled', from: 'start' }, shipUnscheduled)
  .operation('requestCancellation', { ownerOf: ownerOfOrder }, requestCancellation)
  .operation('getCancellation', async ({ id }, { db, errors }) => {
    const cancellation = await findCancellation(db, id)
    if (!cancellation) throw errors.CANCELLATION_NOT_FOUND()
    return cancellation
  })
  .operation('refundOrder', refundOrder)
  .operation('refuseCancellation', refuseCancellation)
  .operation('requestReturn', { ownerOf: ownerOfOrder }, requestReturn)
  .operation('getReturn', async ({ id }, { db, errors }) => {
    const found = await findReturn(db, id)
    if (!found) throw errors.RETURN_NOT_FOUND()
    return found
  })
  .operation('listReturnsOfOrder', async ({ id: orderId, limit, cursor }, { db, principal }) => {
    const viewer = principal.roles.includes('support') ? undefined : principal.id
    return pageById(
      await returnsOfOrder(db, { orderId, viewer }, { before: cursor, limit: limit + 1 }),
      limit,
    )
  })
  .operation('listReturns', async ({ status, limit, cursor }, { db }) =>
    pageById(await returnsByStatus(db, status, { after: cursor, limit: limit + 1 }), limit),
  )
  .operation('approveReturn', approveReturn)
  .operation('refuseReturn', refuseReturn)
  .operation('completeReturn', completeReturn)
  .operation('failReturn', failReturn)
  .operation(
    'importOrder',
    { prepare: ({ lines }, { catalogue }) => catalogue.getProducts({ skus: skusOf(lines) }) },
    importOrder,
  )
  .operation('listTradeOrders', async ({ limit, cursor }, { db, principal }) => {
    const items = await tradeOrdersOf(db, principal.id, cursor, limit + 1)
    return {
      items: items.slice(0, limit),
      next: items.length > limit ? (items[limit - 1]?.externalReference ?? null) : null,
    }
  })
  .operation('summariseTradeOrders', async (_, { db, principal }) => ({
    statuses: await sumsOfTrader(db, principal.id),
  }))

/** Where a watcher was; an id that we never gave means from the beginning. */
function numberOf(lastEventId: string | undefined): number {
  return /^\d{1,9}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0
}
