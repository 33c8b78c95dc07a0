import { service, sql } from 'archipel'
import { catalogue } from '../catalogue/contract.ts'
import { orders } from '../orders/contract.ts'
import { inventory, Stock } from './contract.ts'
import { closeReservation, reserveLines } from './reservations.ts'

export const inventoryService = service(inventory, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
  uses: { catalogue },
})
  .operation('getStock', async ({ sku }, { db, errors }) => {
    const stock = await db.maybeOne(
      Stock,
      sql`select sku, received, available, reserved, sold from stock where sku = ${sku}`,
    )
    if (!stock) throw errors.SKU_UNKNOWN({ sku })
    return stock
  })
  .operation(
    'receiveStock',
    { prepare: ({ sku }, { catalogue }) => catalogue.getProducts({ skus: [sku] }) },
    async ({ sku, quantity }, { db, publish, errors, id, now }, { products }) => {
      if (products.length === 0) throw errors.SKU_UNKNOWN({ sku })
      const stock = await db.one(
        Stock,
        sql`insert into stock as s (sku, received, available, reserved, sold) values (${sku}, ${quantity}, ${quantity}, 0, 0)
          on conflict (sku) do update set received = s.received + ${quantity}, available = s.available + ${quantity}
          returning sku, received, available, reserved, sold`,
      )
      await db.run(
        sql`insert into receipts (id, sku, quantity, received_at) values (${id()}, ${sku}, ${quantity}, ${now()})`,
      )
      publish.stockReceived({ sku, quantity })
      return stock
    },
  )
  .operation('reserve', async ({ orderId, lines }, { db, publish, errors, now }) => {
    const reservedAt = now()
    const shortages = await reserveLines(db, orderId, lines, reservedAt)
    if (shortages.length > 0) throw errors.OUT_OF_STOCK({ shortages })
    publish.stockReserved({ orderId, reservedAt })
    return { orderId, reservedAt }
  })
  .operation('release', async ({ orderId }, { db, publish, errors }) => {
    const before = await closeReservation(db, orderId, 'released')
    if (before === 'sold') throw errors.ALREADY_SOLD({ orderId })
    if (before === 'held') publish.stockReleased({ orderId })
    return { released: before === 'held' }
  })
  .on(catalogue.events.productAdded, { name: 'open-stock', from: 'start' }, async ({ data }, { db }) => {
    await db.run(
      sql`insert into stock (sku, received, available, reserved, sold) values (${data.sku}, 0, 0, 0, 0) on conflict do nothing`,
    )
  })
  .on(
    orders.events.orderCompleted,
    { name: 'sell-reserved', from: 'start' },
    async ({ data }, { db, publish }) => {
      const before = await closeReservation(db, data.orderId, 'sold')
      if (before === 'held') publish.stockSold({ orderId: data.orderId })
    },
  )
