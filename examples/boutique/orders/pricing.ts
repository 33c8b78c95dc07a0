import { HIGHEST_AMOUNT, type Money } from '../shared.ts'
import type { OrderLine } from './order.ts'

interface RequestedLine {
  readonly sku: string
  readonly quantity: number
  /** That of the catalogue unless it is given. */
  readonly price?: Money
}

export interface Product {
  readonly sku: string
  readonly name: string
  readonly price: Money
  readonly stocked: boolean
}

export const HIGHEST_TOTAL: Money = { amount: HIGHEST_AMOUNT, currency: 'GBP' }

export function skusOf(lines: readonly RequestedLine[]): string[] {
  return [...new Set(lines.map((line) => line.sku))]
}

/** Puts names and prices into an order's lines. `unknown` lists what no product was found for. */
export function priced(
  requested: readonly RequestedLine[],
  products: readonly Product[],
): { lines: OrderLine[]; total: Money; unknown: string[] } {
  const bySku = new Map(products.map((product) => [product.sku, product]))
  const unknown = skusOf(requested).filter((sku) => !bySku.has(sku))
  const lines = requested.flatMap(({ sku, quantity, price }, index) => {
    const product = bySku.get(sku)
    if (!product) return []
    const { name, stocked } = product
    return [{ number: index + 1, sku, name, quantity, price: price ?? product.price, stocked }]
  })
  const amount = lines.reduce((sum, line) => sum + line.quantity * line.price.amount, 0)
  return { lines, total: { amount, currency: 'GBP' }, unknown }
}

/** The lines that are things on a shelf, as those who keep and send them want to know them. */
export function goodsOf(lines: readonly OrderLine[]) {
  return lines
    .filter((line) => line.stocked)
    .map(({ number, sku, name, quantity }) => ({ number, sku, name, quantity }))
}
