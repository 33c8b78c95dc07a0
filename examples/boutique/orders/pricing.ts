import { sql, type WriteDatabase } from 'archipel'
import type { Money } from '../shared.ts'

interface RequestedLine {
  readonly sku: string
  readonly quantity: number
}

interface PricedProduct {
  readonly sku: string
  readonly name: string
  readonly price: Money
}

export interface NewOrder {
  readonly id: string
  readonly customerId: string
  readonly placedAt: string
  readonly total: Money
  readonly lines: readonly (RequestedLine & {
    readonly number: number
    readonly name: string
    readonly price: Money
  })[]
}

export function skusOf(lines: readonly RequestedLine[]): string[] {
  return [...new Set(lines.map((line) => line.sku))]
}

/** Puts today's prices into an order's lines. `unknown` lists what no product was found for. */
export function priced(
  head: Pick<NewOrder, 'id' | 'customerId' | 'placedAt'>,
  requested: readonly RequestedLine[],
  products: readonly PricedProduct[],
): { order: NewOrder; unknown: string[] } {
  const bySku = new Map(products.map((product) => [product.sku, product]))
  const unknown = skusOf(requested).filter((sku) => !bySku.has(sku))
  const lines = requested.flatMap(({ sku, quantity }, index) => {
    const product = bySku.get(sku)
    return product ? [{ number: index + 1, sku, name: product.name, quantity, price: product.price }] : []
  })
  const amount = lines.reduce((sum, line) => sum + line.quantity * line.price.amount, 0)
  return { order: { ...head, lines, total: { amount, currency: 'GBP' } }, unknown }
}

/** Order, lines and the first line of its history, by one statement. */
export async function insertOrder(db: WriteDatabase, order: NewOrder): Promise<void> {
  const lines = order.lines.map(({ number, sku, name, quantity, price }) => ({
    number,
    sku,
    name,
    quantity,
    ...price,
  }))
  await db.run(sql`
    with placed as (
      insert into orders (id, customer_id, status, total_amount, total_currency, placed_at)
      values (${order.id}, ${order.customerId}, 'placed', ${order.total.amount}, ${order.total.currency}, ${order.placedAt})
    ), history as (
      insert into order_history (order_id, number, status, at) values (${order.id}, 1, 'placed', ${order.placedAt})
    )
    insert into order_lines (order_id, number, sku, name, quantity, price_amount, price_currency)
    select ${order.id}, l.number, l.sku, l.name, l.quantity, l.amount, l.currency
      from json_to_recordset(${JSON.stringify(lines)}) as l
        (number integer, sku text, name text, quantity bigint, amount bigint, currency text)`)
}
