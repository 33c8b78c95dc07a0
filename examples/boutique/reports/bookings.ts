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
  readonly currency: string
  readonly member: string
  readonly kind: Booking['kind']
  label: string
  documents: number
  lines: number
  units: number
  amount: number
}

/** Adds bookings to their days, countries and products: one statement, however many there are. */
export async function book(db: WriteDatabase, bookings: readonly Booking[]): Promise<void> {
  const entries = summed(bookings.flatMap(entriesOf))
  const column = <TName extends keyof Entry>(name: TName) => entries.map((entry) => entry[name])
  await db.run(sql`
    insert into revenue as r (dimension, currency, member, kind, label, documents, lines, units, amount)
      select * from unnest(${column('dimension')}::text[], ${column('currency')}::text[], ${column('member')}::text[],
        ${column('kind')}::text[], ${column('label')}::text[], ${column('documents')}::bigint[],
        ${column('lines')}::bigint[], ${column('units')}::bigint[], ${column('amount')}::bigint[])
      on conflict (dimension, currency, member, kind) do update set label = excluded.label,
        documents = r.documents + excluded.documents, lines = r.lines + excluded.lines,
        units = r.units + excluded.units, amount = r.amount + excluded.amount`)
}

/** Entries of one row are one: a statement can't change a row twice. The last label stays. */
function summed(entries: readonly Entry[]): Entry[] {
  const rows = new Map<string, Entry>()
  for (const entry of entries) {
    const name = JSON.stringify([entry.dimension, entry.currency, entry.member, entry.kind])
    const row = rows.get(name)
    if (row === undefined) rows.set(name, { ...entry })
    else {
      row.label = entry.label
      for (const sum of ['documents', 'lines', 'units', 'amount'] as const) row[sum] += entry[sum]
    }
  }
  return [...rows.values()]
}

/** No country is a member without a name. */
function entriesOf({ kind, at, country = '', total, lines = [] }: Booking): Entry[] {
  const { currency } = total
  const whole = {
    currency,
    kind,
    documents: 1,
    lines: lines.length,
    units: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    amount: total.amount,
  }
  const day = at.slice(0, 10)
  return [
    { dimension: 'day', member: day, label: day, ...whole },
    { dimension: 'country', member: country, label: country, ...whole },
    ...productsOf(lines, { kind, currency }),
  ]
}

/** A document counts once for each of its products, on however many lines. */
function productsOf(lines: readonly Line[], of: Pick<Entry, 'kind' | 'currency'>): Entry[] {
  const entries = lines.map(({ sku, name, quantity, price }): Entry => ({
    dimension: 'product',
    member: sku,
    label: name,
    ...of,
    documents: 1,
    lines: 1,
    units: quantity,
    amount: quantity * price.amount,
  }))
  // The first of its lines names a product.
  return summed(entries.toReversed()).map((entry) => ({ ...entry, documents: 1 }))
}
