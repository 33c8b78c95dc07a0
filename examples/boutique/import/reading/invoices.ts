import { Country, HIGHEST_AMOUNT, Price, Quantity, Sku } from '../../shared.ts'
import type { InvoiceSpan } from './survey.ts'
import type { TradeLine } from './trade-line.ts'
import { readTradeLines } from './trade-lines.ts'

/** All lines with one number, as what they are. */
export type Invoice = Booked | Rejected

/** An order, or a credit note, whose quantities are what was taken back. */
export interface Booked {
  readonly kind: 'order' | 'creditNote'
  readonly number: string
  /** Where it begins in the file. */
  readonly line: number
  readonly at: string
  /** Null: the guest of this invoice. */
  readonly customer: string | null
  readonly country: string
  readonly lines: readonly InvoiceLine[]
  /** In pence. */
  readonly total: number
}

export interface InvoiceLine {
  readonly sku: string
  readonly description: string
  readonly quantity: number
  readonly pence: number
}

export interface Rejected {
  readonly kind: 'rejected'
  readonly number: string
  readonly line: number
  readonly lines: number
  readonly reasons: readonly Reason[]
}

export interface Reason {
  readonly line: number
  readonly reason: string
}

const MOST_LINES = 1_000
const CREDIT_NOTE = /^C/

/**
 * The invoices of a file in the order of their last lines. An invoice is held from its first line to its last one, which
 * the survey knows: of a file in order no more than one.
 * @throws TradeFileError
 */
export async function* readInvoices(
  path: string,
  spans: ReadonlyMap<string, InvoiceSpan>,
): AsyncGenerator<Invoice> {
  const open = new Map<string, TradeLine[]>()
  for await (const line of readTradeLines(path)) {
    const lines = open.get(line.invoice) ?? []
    lines.push(line)
    if (lines.length === spans.get(line.invoice)?.lines) {
      open.delete(line.invoice)
      yield invoiceOf(line.invoice, lines)
    } else open.set(line.invoice, lines)
  }
  if (open.size > 0) throw new Error(`${path} has changed while it was imported; start again`)
}

/** What all lines of one number are. */
function invoiceOf(number: string, lines: readonly TradeLine[]): Invoice {
  const [first] = lines
  if (!first) throw new Error(`invoice ${number} has no line`)
  const kind = CREDIT_NOTE.test(number) ? 'creditNote' : 'order'
  const reasons = [...reasonsOfAll(first, lines), ...lines.flatMap((line) => reasonsOf(kind, line))]
  const booked = lines.map(({ code, description, quantity, price }) => ({
    sku: code,
    description,
    quantity: kind === 'creditNote' ? -quantity : quantity,
    pence: price.pence,
  }))
  const total = booked.reduce((sum, { quantity, pence }) => sum + quantity * pence, 0)
  if (total > HIGHEST_AMOUNT)
    reasons.push({ line: first.line, reason: 'its total is beyond what can be charged' })
  if (reasons.length > 0) return { kind: 'rejected', number, line: first.line, lines: lines.length, reasons }
  const { line, at, customer, country } = first
  return { kind, number, line, at, customer, country, lines: booked, total }
}

function reasonsOfAll(first: TradeLine, lines: readonly TradeLine[]): Reason[] {
  const reasons: Reason[] = []
  if (lines.length > MOST_LINES)
    reasons.push({ line: first.line, reason: `it has ${lines.length} lines; ${MOST_LINES} are the most` })
  if (first.country === '') reasons.push({ line: first.line, reason: 'it names no country' })
  else if (!Country.safeParse(first.country).success)
    reasons.push({
      line: first.line,
      reason: `Country ${JSON.stringify(first.country.slice(0, 100))} can be none`,
    })
  // Whom to charge would be a guess.
  const other = lines.find(({ customer }) => customer !== first.customer)
  if (other) reasons.push({ line: other.line, reason: 'its lines name several customers' })
  return reasons
}

function reasonsOf(kind: Booked['kind'], { line, code, quantity, price }: TradeLine): Reason[] {
  const reasons: string[] = []
  if (!Sku.safeParse(code).success) reasons.push(`StockCode ${JSON.stringify(code)} can be no SKU`)
  if (kind === 'order' && quantity <= 0) reasons.push(`Quantity ${quantity} is not above 0`)
  if (kind === 'creditNote' && quantity >= 0)
    reasons.push(`Quantity ${quantity} of a credit note is not below 0`)
  if (!price.whole) reasons.push(`UnitPrice ${price.text} is no whole number of pence`)
  else if (price.pence <= 0) reasons.push(`UnitPrice ${price.text} is not above 0`)
  if (Math.abs(quantity) > (Quantity.maxValue ?? Infinity))
    reasons.push(`Quantity ${quantity} is beyond what an order can have`)
  if (price.pence > (Price.shape.amount.maxValue ?? Infinity))
    reasons.push(`UnitPrice ${price.text} is beyond what a piece can cost`)
  return reasons.map((reason) => ({ line, reason }))
}
