import { contract, service, sql } from 'archipel'
import { inventory } from '../inventory/contract.ts'
import { orders } from '../orders/contract.ts'
import { payments } from '../payments/contract.ts'

const audit = contract('audit', { version: '1.0.0', operations: {}, events: {} })

/**
 * Writes one row for each event that it handles. The table has no unique key, so an event that is handled twice
 * stands there twice, and one that is lost is missing.
 */
export const auditService = service(audit, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
})
  .on(
    [orders.events.orderPlaced, orders.events.orderCompleted, orders.events.orderRejected],
    { name: 'orders', from: 'start' },
    async ({ id, type }, { db }) =>
      void (await db.run(sql`insert into handled (event_id, type) values (${id}, ${type})`)),
  )
  .on(
    [
      payments.events.paymentAuthorised,
      payments.events.paymentCaptured,
      payments.events.paymentDeclined,
      payments.events.paymentVoided,
    ],
    { name: 'payments', from: 'start' },
    async ({ id, type }, { db }) =>
      void (await db.run(sql`insert into handled (event_id, type) values (${id}, ${type})`)),
  )
  .on(
    [inventory.events.stockReserved, inventory.events.stockReleased, inventory.events.stockSold],
    { name: 'inventory', from: 'start' },
    async ({ id, type }, { db }) =>
      void (await db.run(sql`insert into handled (event_id, type) values (${id}, ${type})`)),
  )
