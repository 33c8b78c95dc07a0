import { sql, type HandledEvent, type WriteDatabase } from 'archipel'
import { orders } from '../orders/contract.ts'

const { orderPlaced, orderCompleted, orderRefunded } = orders.events

/**
 * What tells who has really bought what. A completed order is paid and tells its lines. Those of the time before there were
 * traders did not: such an order was placed without a source, and its lines are kept from then. A refunded order was called
 * off before it left the house, so it counts no more. Who sends goods back has had them in hand: that still counts, whether
 * it is a part or all.
 */
export const NEWS_OF_PURCHASES = [orderPlaced, orderCompleted, orderRefunded] as const
type News = HandledEvent<(typeof NEWS_OF_PURCHASES)[number]>

interface Line {
  readonly orderId: string
  readonly customerId: string
  readonly sku: string
}

/** What a page of news changes; the news of an order come in their order, so refunds come last. */
export interface PurchaseChanges {
  /** To count when the order is completed. */
  readonly placed: readonly Line[]
  readonly bought: readonly Line[]
  /** Orders that were completed without telling their lines. */
  readonly completed: readonly string[]
  readonly refunded: readonly string[]
}

export function purchaseChangesOf(news: readonly News[]): PurchaseChanges {
  const placed: Line[] = []
  const bought: Line[] = []
  const completed: string[] = []
  const refunded: string[] = []
  for (const { type, data } of news) {
    const { orderId, customerId } = data
    const line = ({ sku }: { readonly sku: string }) => ({ orderId, customerId, sku })
    if (type === orderRefunded.type) refunded.push(orderId)
    else if (type === orderPlaced.type) {
      if (data.source === undefined) placed.push(...data.lines.map(line))
    } else if (data.lines === undefined) completed.push(orderId)
    // Postage and fees are nothing to review.
    else bought.push(...data.lines.filter(({ stocked }) => stocked).map(line))
  }
  return { placed, bought, completed, refunded }
}

export async function notePurchases(db: WriteDatabase, news: readonly News[]): Promise<void> {
  const { placed, bought, completed, refunded } = purchaseChangesOf(news)
  await insertLines(db, placed, false)
  await insertLines(db, bought, true)
  if (completed.length > 0)
    await db.run(sql`update purchases set completed = true where order_id = any(${completed}::uuid[])`)
  if (refunded.length > 0) await db.run(sql`delete from purchases where order_id = any(${refunded}::uuid[])`)
}

/** A product that stands on several lines of an order is bought once. */
async function insertLines(db: WriteDatabase, lines: readonly Line[], completed: boolean): Promise<void> {
  if (lines.length === 0) return
  const column = (name: keyof Line) => lines.map((line) => line[name])
  await db.run(sql`
    insert into purchases as p (order_id, sku, customer_id, completed)
      select distinct l.order_id, l.sku, l.customer_id, ${completed}::boolean
      from unnest(${column('orderId')}::uuid[], ${column('sku')}::text[], ${column('customerId')}::uuid[])
        as l (order_id, sku, customer_id)
      on conflict (order_id, sku) do update set completed = p.completed or excluded.completed`)
}

/** A condition: the customer has bought the product, by at least one order. */
export function hasBought(customerId: string, sku: string) {
  return sql`exists (
    select from purchases where customer_id = ${customerId} and sku = ${sku} and completed)`
}
