import { z } from 'zod'
import { Address, Country, Id, Instant, Money, Sku } from '../shared.ts'

/** The way of an order that goes well, in this order. */
export const WAY = [
  'placed',
  'reserved',
  'authorised',
  'paid',
  'completed',
  'dispatched',
  'delivered',
] as const
/** The other ends. */
const OFF_THE_WAY = ['rejected', 'cancelled', 'refunded'] as const

export const OrderStatus = z.enum([...WAY, ...OFF_THE_WAY])
export type OrderStatus = z.infer<typeof OrderStatus>

export function isOffTheWay(status: OrderStatus): boolean {
  return OFF_THE_WAY.some((end) => end === status)
}

/** Nothing comes after it. */
export function isEnd(status: OrderStatus): boolean {
  return status === 'delivered' || isOffTheWay(status)
}

/** Who took the order: the shop at its own door, or a trader who brings it in. */
export const OrderSource = z.enum(['shop', 'trade'])

/** Where the shop is: the country of an order that is collected there. */
export const COUNTRY_OF_THE_SHOP = 'United Kingdom'

/** A line has a number of its own: several may be of one product, at several prices. */
export const OrderLine = z.object({
  number: z.int(),
  sku: Sku,
  name: z.string(),
  quantity: z.int(),
  price: Money,
  stocked: z.boolean(),
})
export type OrderLine = z.infer<typeof OrderLine>

export const HistoryEntry = z.object({ number: z.int(), status: OrderStatus, at: Instant })

export const Rejection = z.object({
  code: z.string(),
  shortages: z.array(z.object({ sku: Sku, requested: z.int(), available: z.int() })).optional(),
})

export const OrderSummary = z.object({
  id: Id,
  customerId: Id,
  status: OrderStatus,
  total: Money,
  placedAt: Instant,
  source: OrderSource,
})
export const Order = OrderSummary.extend({
  /** Null: collected at the warehouse. */
  address: Address.nullable(),
  country: Country,
  trackingNumber: z.string().nullable(),
  lines: z.array(OrderLine),
  history: z.array(HistoryEntry),
  rejection: Rejection.nullable(),
})
