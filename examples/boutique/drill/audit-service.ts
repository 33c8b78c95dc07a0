import { contract, service, sql, type WriteDatabase } from 'archipel'
import { credits } from '../credits/contract.ts'
import { inventory } from '../inventory/contract.ts'
import { orders } from '../orders/contract.ts'
import { payments } from '../payments/contract.ts'
import { shipping } from '../shipping/contract.ts'

const audit = contract('audit', { version: '1.0.0', operations: {}, events: {} })

/**
 * Writes one row for each event that it handles. The table has no unique key, so an event that is handled twice
 * stands there twice, and one that is lost is missing.
 */
export const auditService = service(audit, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
})
  .on(Object.values(orders.events), { name: 'orders', from: 'start' }, write)
  .on(Object.values(payments.events), { name: 'payments', from: 'start' }, write)
  .on(Object.values(inventory.events), { name: 'inventory', from: 'start' }, write)
  .on(Object.values(shipping.events), { name: 'shipping', from: 'start' }, write)
  .on(Object.values(credits.events), { name: 'credits', from: 'start' }, write)

async function write(
  { id, type }: { readonly id: string; readonly type: string },
  { db }: { readonly db: WriteDatabase },
): Promise<void> {
  await db.run(sql`insert into handled (event_id, type) values (${id}, ${type})`)
}
