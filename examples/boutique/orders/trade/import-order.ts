import { createHash } from 'node:crypto'
import { sql } from 'archipel'
import { z } from 'zod'
import { Money } from '../../shared.ts'
import type { Command } from '../context.ts'
import { insertOrder } from '../new-order.ts'
import { OrderStatus } from '../order.ts'
import { goodsOf, HIGHEST_TOTAL, priced, type Product } from '../pricing.ts'

interface Import {
  readonly externalReference: string
  readonly customerId: string
  readonly placedAt: string
  readonly country: string
  readonly lines: readonly { sku: string; quantity: number; price: Money }[]
  readonly payment: { token: string }
}

const Existing = z.object({ id: z.string(), status: OrderStatus, total: Money, contentHash: z.string() })

/** Brings an order in under its trader's own reference. The unique index decides between two at once. */
export async function importOrder(
  input: Import,
  { db, publish, start, errors, principal, id }: Command<'importOrder'>,
  { products }: { products: readonly Product[] },
): Promise<{ id: string; status: OrderStatus; total: Money }> {
  const { externalReference, customerId, placedAt, country, payment } = input
  const { lines, total, unknown } = priced(input.lines, products)
  if (unknown.length > 0) throw errors.SKUS_UNKNOWN({ skus: unknown })
  if (total.amount > HIGHEST_TOTAL.amount) throw errors.TOTAL_TOO_HIGH({ limit: HIGHEST_TOTAL })
  const orderId = id()
  const trade = { traderId: principal.id, externalReference, contentHash: hashOf(input) }
  const order = { id: orderId, customerId, placedAt, total, lines, address: null, country, trade }
  if (!(await insertOrder(db, order))) {
    const { contentHash, ...existing } = await db.one(
      Existing,
      sql`select id, status, json_build_object('amount', total_amount, 'currency', total_currency) as total,
          content_hash as "contentHash"
        from orders where trader_id = ${principal.id} and external_reference = ${externalReference}`,
    )
    if (contentHash !== trade.contentHash) throw errors.REFERENCE_TAKEN({ id: existing.id })
    return existing
  }
  const facts = { orderId, customerId, total, source: 'trade' as const }
  publish.orderPlaced({
    ...facts,
    at: placedAt,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
  })
  start.fulfilOrder(orderId, {
    orderId,
    customerId,
    goods: goodsOf(lines),
    address: null,
    total,
    token: payment.token,
  })
  return { id: orderId, status: 'placed', total }
}

/** Of what was ordered, by whom and when; how it is paid is no part of it. */
function hashOf({ customerId, placedAt, country, lines }: Import): string {
  const content = [
    customerId,
    Date.parse(placedAt),
    country,
    ...lines.map(({ sku, quantity, price }) => [sku, quantity, price.amount, price.currency]),
  ]
  return createHash('sha256').update(JSON.stringify(content)).digest('base64')
}
