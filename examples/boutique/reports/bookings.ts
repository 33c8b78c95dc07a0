import { sql, type WriteDatabase } from 'archipel'
import type { Money } from '../shared.ts'

interface Line {
  readonly sku: string
  readonly name: string
  readonly quantity: number
  readonly price: Money
}

/** One document that moves revenue: an order, a refund, a return, a credit note. */
export interface Booking {
  readonly kind: 'sale' | 'refund' | 'credit'
  /** The instant whose day (UTC) it counts on. */
  readonly at: string
  readonly country?: string | undefined
  readonly total: Money
  /** Documents of old have none. */
  readonly lines?: readonly Line[] | undefined
}

interface Entry {
  readonly dimension: 'day' | 'country' | 'product'
  readonly member: string
  readonly label: string
  lines: number
  units: number
  amount: number
}

/** Adds a booking to its day, its country and its products: one statement, however many lines it has. */
export async function book(db: WriteDatabase, booking: Booking): Promise<void> {
  const entries = entriesOf(booking)
  await db.run(sql`
    insert into revenue as r (dimension, currency, member, kind, label, documents, lines, units, amount)
      select e.dimension, ${booking.total.currency}, e.member, ${booking.kind}, e.label, 1, e.lines, e.units, e.amount
        from unnest(${entries.map((entry) => entry.dimension)}::text[], ${entries.map((entry) => entry.member)}::text[],
          ${entries.map((entry) => entry.label)}::text[], ${entries.map((entry) => entry.lines)}::bigint[],
          ${entries.map((entry) => entry.units)}::bigint[], ${entries.map((entry) => entry.amount)}::bigint[])
          as e (dimension, member, label, lines, units, amount)
      on conflict (dimension, currency, member, kind) do update set label = excluded.label,
        documents = r.documents + 1, lines = r.lines + excluded.lines, units = r.units + excluded.units,
        amount = r.amount + excluded.amount`)
}

/** No country is a member without a name. */
function entriesOf({ at, country = '', total, lines = [] }: Booking): Entry[] {
  const whole = {
    lines: lines.length,
    units: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    amount: total.amount,
  }
  const day = at.slice(0, 10)
  return [
    { dimension: 'day', member: day, label: day, ...whole },
    { dimension: 'country', member: country, label: country, ...whole },
    ...productsOf(lines),
  ]
}

/** Lines of one SKU are one entry: a statement can't change a row twice. */
function productsOf(lines: readonly Line[]): Entry[] {
  const products = new Map<string, Entry>()
  for (const { sku, name, quantity, price } of lines) {
    const entry = products.get(sku) ?? {
      dimension: 'product',
      member: sku,
      label: name,
      lines: 0,
      units: 0,
      amount: 0,
    }
    entry.lines += 1
    entry.units += quantity
    entry.amount += quantity * price.amount
    products.set(sku, entry)
  }
  return [...products.values()]
}
