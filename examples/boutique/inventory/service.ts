import { service, sql } from 'archipel'
import { z } from 'zod'
import { catalogue } from '../catalogue/contract.ts'
import { orders } from '../orders/contract.ts'
import { inventory, Movement, Stock } from './contract.ts'
import { lockReservation, putBack, reserveLines, sell } from './reservations.ts'
import { findTakeBack, takeGoodsBack } from './returns.ts'
import { correct, findStock, lockShelf, ranLow, receive, stockColumns } from './shelves.ts'
import { given, where } from '../where.ts'

const Opened = z.object({ sku: z.string(), quantity: z.int() })

export const inventoryService = service(inventory, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
  uses: { catalogue },
})
  .operation('getStock', async ({ sku }, { db, errors }) => {
    const stock = await findStock(db, sku)
    if (!stock) throw errors.SKU_UNKNOWN({ sku })
    return stock
  })
  .operation('listStock', async ({ low, limit, cursor }, { db }) => {
    const items = await db.many(
      Stock,
      sql`select ${stockColumns} from stock
        where (${cursor ?? null}::text is null or sku > ${cursor ?? null})
          and (${low ?? null}::boolean is null or coalesce(available <= low_at, false) = ${low ?? null})
        order by sku limit ${limit + 1}`,
    )
    return {
      items: items.slice(0, limit),
      next: items.length > limit ? (items[limit - 1]?.sku ?? null) : null,
    }
  })
  .operation('listMovements', async ({ sku, limit, cursor }, { db }) => {
    const items = await db.many(
      Movement,
      sql`select number, kind, quantity, reason, reference, note, at from movements
        ${where(
          sql`sku = ${sku}`,
          given(cursor, (number) => sql`number < ${number}::bigint`),
        )}
        order by number desc limit ${limit + 1}`,
    )
    const last = items[limit - 1]
    return {
      items: items.slice(0, limit),
      next: items.length > limit && last ? String(last.number) : null,
    }
  })
  .operation(
    'receiveStock',
    { prepare: ({ sku }, { catalogue }) => catalogue.getProducts({ skus: [sku] }) },
    async ({ sku, quantity, reason, reference }, { db, publish, errors, now }, { products: [product] }) => {
      if (!product) throw errors.SKU_UNKNOWN({ sku })
      if (!product.stocked) throw errors.NOT_STOCKED({ sku })
      const stock = await receive(db, sku, { kind: 'receipt', quantity, reason, reference, at: now() })
      publish.stockReceived({ sku, quantity })
      return stock
    },
  )
  .operation('correctStock', async ({ sku, quantity, reason, note }, { db, publish, errors, now }) => {
    const before = await lockShelf(db, sku)
    if (!before) throw errors.SKU_UNKNOWN({ sku })
    const { available } = before
    if (available + quantity < 0) throw errors.MORE_THAN_AVAILABLE({ sku, available })
    const at = now()
    const stock = await correct(db, sku, { kind: 'correction', quantity, reason, note, at })
    publish.stockCorrected({ sku, quantity, reason })
    for (const low of ranLow(before, stock)) publish.stockLow({ ...low, at })
    return stock
  })
  .operation('setLowStock', async ({ sku, lowAt }, { db, publish, errors, now }) => {
    const before = await lockShelf(db, sku)
    if (!before) throw errors.SKU_UNKNOWN({ sku })
    await db.run(sql`update shelves set low_at = ${lowAt} where sku = ${sku}`)
    const stock = { ...before, lowAt }
    for (const low of ranLow(before, stock)) publish.stockLow({ ...low, at: now() })
    return stock
  })
  .operation(
    'importStock',
    { prepare: ({ sku }, { catalogue }) => catalogue.getProducts({ skus: [sku] }) },
    async ({ sku, quantity }, { db, publish, errors, principal, now }, { products: [product] }) => {
      if (!product) throw errors.SKU_UNKNOWN({ sku })
      if (!product.stocked) throw errors.NOT_STOCKED({ sku })
      const trader = principal.id
      const isNew = await db.run(
        sql`insert into openings (trader, sku, quantity) values (${trader}, ${sku}, ${quantity}) on conflict do nothing`,
      )
      if (isNew > 0) {
        await receive(db, sku, { kind: 'receipt', quantity, reason: 'opening', at: now() })
        publish.stockReceived({ sku, quantity })
        return { sku, quantity }
      }
      const opened = await db.one(
        Opened,
        sql`select sku, quantity from openings where trader = ${trader} and sku = ${sku}`,
      )
      if (opened.quantity !== quantity) throw errors.OPENING_TAKEN(opened)
      return opened
    },
  )
  .operation('reserve', async ({ orderId, lines }, { db, publish, errors, now }) => {
    const reservedAt = now()
    const { shortages, low } = await reserveLines(db, orderId, lines, reservedAt)
    if (shortages.length > 0) throw errors.OUT_OF_STOCK({ shortages })
    publish.stockReserved({ orderId, reservedAt })
    for (const one of low) publish.stockLow({ ...one, at: reservedAt })
    return { orderId, reservedAt }
  })
  .operation('release', async ({ orderId }, { db, publish, errors, now }) => {
    const status = await lockReservation(db, orderId)
    if (status === 'sold') throw errors.ALREADY_SOLD({ orderId })
    if (status !== 'held') return { released: false }
    await putBack(db, orderId, { from: status, to: 'released', at: now() })
    publish.stockReleased({ orderId })
    return { released: true }
  })
  .operation('restock', async ({ orderId }, { db, publish, now }) => {
    const status = await lockReservation(db, orderId)
    if (status !== 'held' && status !== 'sold') return { restocked: false }
    await putBack(db, orderId, { from: status, to: 'restocked', at: now() })
    publish.stockRestocked({ orderId })
    return { restocked: true }
  })
  .operation('takeBack', async ({ returnId, orderId, lines }, { db, publish, errors, now }) => {
    const status = await lockReservation(db, orderId)
    const before = await findTakeBack(db, returnId)
    if (before !== undefined) return { returnId, takenBackAt: before }
    if (status !== 'held' && status !== 'sold') throw errors.NOT_SOLD({ orderId })
    const at = now()
    // What comes back was out of the door, also where the news of it is still on its way.
    if ((await sell(db, [{ orderId, at }])).size > 0) publish.stockSold({ orderId })
    const tooMany = await takeGoodsBack(db, { returnId, orderId, lines, at })
    if (tooMany) throw errors.MORE_THAN_SOLD(tooMany)
    publish.stockTakenBack({ orderId, returnId })
    return { returnId, takenBackAt: at }
  })
  .on(catalogue.events.productAdded, { name: 'open-stock', from: 'start' }, async ({ data }, { db }) => {
    if (!data.stocked) return
    await db.run(
      sql`insert into shelves (sku, received, available) values (${data.sku}, 0, 0) on conflict do nothing`,
    )
  })
  .onPage(
    orders.events.orderCompleted,
    { name: 'sell-reserved', from: 'start' },
    async (events, { db, of }) => {
      const sold = await sell(
        db,
        events.map(({ data }) => data),
      )
      // Taken out, so that two events of one order tell of one sale.
      for (const event of events)
        if (sold.delete(event.data.orderId)) of(event).publish.stockSold({ orderId: event.data.orderId })
    },
  )
