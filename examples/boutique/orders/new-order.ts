import { sql, type WriteDatabase } from 'archipel'
import type { Address, Money } from '../shared.ts'
import type { OrderLine } from './order.ts'

export interface NewOrder {
  readonly id: string
  readonly customerId: string
  readonly placedAt: string
  readonly total: Money
  readonly lines: readonly OrderLine[]
  /** Null: collected at the warehouse. */
  readonly address: Address | null
  readonly country: string
  /** Who brought it in; undefined: placed in the shop. */
  readonly trade?: {
    readonly traderId: string
    readonly externalReference: string
    readonly contentHash: string
  }
}

/**
 * Order, lines and the first line of its history, by one statement.
 * @returns false when the trader has brought in an order of this reference already; then nothing is written.
 */
export async function insertOrder(db: WriteDatabase, order: NewOrder): Promise<boolean> {
  const { id, customerId, total, placedAt, address, country, trade } = order
  const lines = order.lines.map(({ price, ...line }) => ({ ...line, ...price }))
  const inserted = await db.run(sql`
    with placed as (
      insert into orders (id, customer_id, status, total_amount, total_currency, placed_at, address, country,
          source, trader_id, external_reference, content_hash)
      values (${id}, ${customerId}, 'placed', ${total.amount}, ${total.currency}, ${placedAt},
          ${address && JSON.stringify(address)}, ${country}, ${trade ? 'trade' : 'shop'},
          ${trade?.traderId ?? null}, ${trade?.externalReference ?? null}, ${trade?.contentHash ?? null})
      on conflict (trader_id, external_reference) where trader_id is not null do nothing
      returning id
    ), history as (
      insert into order_history (order_id, number, status, at) select id, 1, 'placed', ${placedAt} from placed
    )
    insert into order_lines (order_id, number, sku, name, quantity, price_amount, price_currency, stocked)
    select placed.id, l.number, l.sku, l.name, l.quantity, l.amount, l.currency, l.stocked
      from placed, json_to_recordset(${JSON.stringify(lines)}) as l
        (number integer, sku text, name text, quantity bigint, amount bigint, currency text, stocked boolean)`)
  return inserted > 0
}
