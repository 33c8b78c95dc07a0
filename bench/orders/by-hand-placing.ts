import { randomUUIDv7 } from 'node:crypto'
import { z } from 'zod'
import type { OrderLine } from '../../examples/boutique/orders/order.ts'
import { HIGHEST_AMOUNT, Quantity, Sku, type Money } from '../../examples/boutique/shared.ts'
import { ask, hashOf, once, type Pools } from './by-hand-database.ts'

const COUNTRY_OF_THE_SHOP = 'United Kingdom'

export const Basket = z.object({
  lines: z
    .array(z.object({ sku: Sku, quantity: Quantity }))
    .min(1)
    .max(1_000),
  payment: z.object({ token: z.string().min(1).max(100) }),
})
type Basket = z.infer<typeof Basket>

type Product = Omit<z.infer<typeof OrderLine>, 'number' | 'quantity'>

/** What the saga begins with, and keeps. */
export type OrderToFulfil = NonNullable<ReturnType<typeof priced>>

interface Placed {
  readonly id: string
  readonly status: 'placed'
  readonly total: Money
}

/** @returns undefined for a basket that can't be bought; the order to fulfil only for the one request that placed it. */
export async function placeOrder(
  pools: Pools,
  request: {
    readonly customerId: string
    readonly key: string
    readonly basket: Basket
    readonly fence: string
    readonly correlationId: string
  },
): Promise<{ placed: Placed; toFulfil?: OrderToFulfil } | undefined> {
  const { customerId, key, basket, fence, correlationId } = request
  const products = await ask<Product>(
    pools.catalogue,
    'products',
    `select sku, name, stocked, json_build_object('amount', price_amount, 'currency', price_currency) as price
      from products where sku = any($1)`,
    [basket.lines.map(({ sku }) => sku)],
  )
  const order = priced(basket, products, customerId)
  if (!order || order.total.amount > HIGHEST_AMOUNT) return undefined
  const inputHash = hashOf(basket)
  const { orderId, placedAt, total } = order
  const placed: Placed = { id: orderId, status: 'placed', total }
  const event = { orderId, customerId, total, at: placedAt, source: 'shop', lines: basket.lines }
  const claim = { operation: 'placeOrder', principal: customerId, key, inputHash }
  const answer = await once(pools.orders, claim, async () => {
    await ask(
      pools.orders,
      'place',
      `with answered as (
          insert into answers (operation, principal, key, input_hash, status, answer, correlation_id)
            values ('placeOrder', $1::uuid::text, $2, $3, 'answered', $4, $5) returning key),
        placed as (
          insert into orders (id, customer_id, status, total_amount, total_currency, placed_at, country, source)
            select $6::uuid, $1::uuid, 'placed', $7, 'GBP', $8, $9, 'shop' from answered returning id),
        history as (
          insert into order_history (order_id, number, status, at) select id, 1, 'placed', $8 from placed),
        lines as (
          insert into order_lines (order_id, number, sku, name, quantity, price_amount, price_currency, stocked)
            select p.id, l.number, l.sku, l.name, l.quantity, (l.price ->> 'amount')::bigint, l.price ->> 'currency', l.stocked
              from placed p, json_to_recordset($10::json -> 'lines') as l
                (number integer, sku text, name text, quantity bigint, price json, stocked boolean)),
        saga as (
          insert into sagas (id, saga, version, status, step, fence, lease_until, correlation_id, origin, progress)
            select id, 'fulfilOrder', 1, 'running', 'reserveStock', $11, now() + interval '30s', $5, $10, '{}' from placed)
        select bus.append('orders.orderPlaced.v1', id::text, $8, $5, $12) from placed`,
      [
        customerId,
        key,
        inputHash,
        JSON.stringify(placed),
        correlationId,
        orderId,
        total.amount,
        placedAt,
        order.country,
        JSON.stringify(order),
        fence,
        JSON.stringify(event),
      ],
    )
    return placed
  })
  return answer === placed ? { placed, toFulfil: order } : { placed: answer }
}

/** @returns undefined when there is no product for a line. */
function priced({ lines, payment }: Basket, products: readonly Product[], customerId: string) {
  const bySku = new Map(products.map((product) => [product.sku, product]))
  const all = lines.flatMap(({ sku, quantity }, index) => {
    const product = bySku.get(sku)
    return product ? [{ ...product, number: index + 1, quantity }] : []
  })
  if (all.length < lines.length) return undefined
  const amount = all.reduce((sum, { quantity, price }) => sum + quantity * price.amount, 0)
  const total: Money = { amount, currency: 'GBP' }
  return {
    orderId: randomUUIDv7(),
    customerId,
    placedAt: new Date().toISOString(),
    total,
    lines: all,
    address: null,
    country: COUNTRY_OF_THE_SHOP,
    token: payment.token,
  }
}
