import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type { News } from '../testing-news.ts'

interface Line {
  readonly sku: string
  readonly quantity: number
  readonly pence: number
}

/** Something that moves revenue, as a test makes it up. */
export interface Document {
  readonly event: 'orderCompleted' | 'orderRefunded' | 'returnRefunded' | 'creditNoteSettled'
  readonly day: string
  readonly country: string
  readonly lines: readonly Line[]
}

export interface Sums {
  orders: number
  lines: number
  units: number
  gross: number
  refunds: number
  refunded: number
  creditNotes: number
  credited: number
  unitsReturned: number
  net: number
}

const line = fc.record({
  sku: fc.constantFrom('A-1', 'A-2', 'B 1', 'b-1', 'C'),
  quantity: fc.integer({ min: 1, max: 9 }),
  pence: fc.integer({ min: 1, max: 500 }),
})

export const anyDocuments: fc.Arbitrary<Document[]> = fc.array(
  fc.record({
    event: fc.constantFrom(
      'orderCompleted',
      'orderCompleted',
      'orderRefunded',
      'returnRefunded',
      'creditNoteSettled',
    ),
    day: fc.constantFrom('2010-12-01', '2010-12-02', '2010-12-23', '2011-01-04'),
    country: fc.constantFrom('United Kingdom', 'EIRE', 'France', 'Åland'),
    lines: fc.array(line, { minLength: 1, maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 30 },
)

/** The document as its publisher tells it. What was sold counts when it was placed, not when it was completed. */
export function newsOfDocument({ event, day, country, lines }: Document): News {
  const at = `${day}T23:59:59.999Z`
  const total = { amount: amountOf(lines), currency: 'GBP' }
  const common = { orderId: randomUUID(), customerId: randomUUID(), country, source: 'shop' }
  const sold = lines.map(({ sku, quantity, pence }, index) => ({
    number: index + 1,
    sku,
    name: `Product ${sku}`,
    quantity,
    price: { amount: pence, currency: 'GBP' },
    stocked: true,
  }))
  if (event === 'returnRefunded')
    return { event, data: { ...common, returnId: randomUUID(), refund: total, at, lines: sold } }
  if (event === 'creditNoteSettled') {
    const settled = { at: '2019-01-01T00:00:00.000Z', issuedAt: at, reason: 'broken' }
    return { event, data: { ...common, creditNoteId: randomUUID(), total, ...settled, lines: sold } }
  }
  if (event === 'orderRefunded')
    return { event, data: { ...common, total, at, placedAt: '2009-01-01T00:00:00.000Z', lines: sold } }
  return { event, data: { ...common, total, at: '2019-01-01T00:00:00.000Z', placedAt: at, lines: sold } }
}

/** What the documents come to, by whatever each of their parts is counted under. */
export function sumsBy(
  documents: readonly Document[],
  partsOf: (document: Document) => readonly (readonly [string, readonly Line[]])[],
): Map<string, Sums> {
  const sums = new Map<string, Sums>()
  for (const document of documents) {
    for (const [name, lines] of partsOf(document)) {
      const sum = sums.get(name) ?? nothing()
      add(sum, document.event, lines)
      sums.set(name, sum)
    }
  }
  return sums
}

export function partsBySku({ lines }: Document): readonly (readonly [string, readonly Line[]])[] {
  return [...Map.groupBy(lines, ({ sku }) => sku)]
}

function add(sum: Sums, event: Document['event'], lines: readonly Line[]): void {
  const amount = amountOf(lines)
  const units = lines.reduce((all, { quantity }) => all + quantity, 0)
  if (event === 'orderCompleted') {
    sum.orders += 1
    sum.lines += lines.length
    sum.units += units
    sum.gross += amount
    sum.net += amount
    return
  }
  const isCredit = event === 'creditNoteSettled'
  sum[isCredit ? 'creditNotes' : 'refunds'] += 1
  sum[isCredit ? 'credited' : 'refunded'] += amount
  sum.unitsReturned += units
  sum.net -= amount
}

function amountOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { quantity, pence }) => sum + quantity * pence, 0)
}

export function nothing(): Sums {
  return {
    orders: 0,
    lines: 0,
    units: 0,
    gross: 0,
    refunds: 0,
    refunded: 0,
    creditNotes: 0,
    credited: 0,
    unitsReturned: 0,
    net: 0,
  }
}
