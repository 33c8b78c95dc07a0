import { Price, Sku } from '../../shared.ts'
import type { TradeLine } from './trade-line.ts'
import { readTradeLines } from './trade-lines.ts'
import { TradeFileError } from './trade-file-error.ts'

/** What must be known of the whole file before its first invoice can be sent. Grows with codes and invoices, not with lines. */
export interface Survey {
  readonly lines: number
  /** By code, in the order in which they appear: those that have a price. */
  readonly products: ReadonlyMap<string, FileProduct>
  /** Codes that never have a price at which they could be sold, or are no SKU. */
  readonly withoutPrice: readonly string[]
  /** Lines of each invoice, so that the last one is known when it comes. */
  readonly invoices: ReadonlyMap<string, InvoiceSpan>
}

export interface FileProduct {
  readonly sku: string
  /** Its first description, or its code. */
  readonly name: string
  /** Its first price above 0, in pence. */
  readonly pence: number
  /** Whether it is goods, which have stock; postage, samples and fees have none. */
  readonly stocked: boolean
}

export interface InvoiceSpan {
  lines: number
  readonly first: number
  last: number
}

interface FoundProduct {
  name: string
  pence: number
}

const LONGEST_NAME = 200
const GOODS = /^(\d|DCGS|gift)/
/** Of invoices whose lines are scattered; about 50 MB. */
const MOST_HELD_LINES = 200_000

/** Reads the whole file once: whether it can be read, what it sells, and how far each invoice reaches. @throws TradeFileError */
export async function surveyFile(path: string): Promise<Survey> {
  const found = new Map<string, FoundProduct>()
  const invoices = new Map<string, InvoiceSpan>()
  let lines = 0
  for await (const line of readTradeLines(path)) {
    lines++
    noteProduct(found, line)
    const span = invoices.get(line.invoice)
    if (!span) invoices.set(line.invoice, { lines: 1, first: lines, last: lines })
    else {
      span.lines++
      span.last = lines
    }
  }
  const held = mostHeldLines(invoices)
  if (held > MOST_HELD_LINES) {
    const what = `the lines of its invoices are so scattered that ${held} of them would be held in memory; sort it by InvoiceNo`
    throw new TradeFileError(path, [{ what }])
  }
  const products = [...found].map(([sku, { name, pence }]) => ({
    sku,
    name: (name || sku).slice(0, LONGEST_NAME),
    pence,
    stocked: GOODS.test(sku),
  }))
  const sold = products.filter(({ sku, pence }) => pence > 0 && Sku.safeParse(sku).success)
  const bySku = new Map(sold.map((product) => [product.sku, product]))
  const withoutPrice = products.filter(({ sku }) => !bySku.has(sku)).map(({ sku }) => sku)
  return { lines, products: bySku, withoutPrice, invoices }
}

function noteProduct(found: Map<string, FoundProduct>, { code, description, price }: TradeLine): void {
  const pence = price.whole && Price.shape.amount.safeParse(price.pence).success ? price.pence : 0
  const product = found.get(code)
  if (!product) found.set(code, { name: description, pence })
  else {
    product.name ||= description
    product.pence ||= pence
  }
}

/** Lines that may be in memory at the worst moment, when an invoice is held from its first line to its last. */
function mostHeldLines(invoices: ReadonlyMap<string, InvoiceSpan>): number {
  let longest = 0
  const changes: { at: number; by: number }[] = []
  for (const { lines, first, last } of invoices.values()) {
    // Of those in one piece only one is held at a time.
    if (last - first + 1 === lines) longest = Math.max(longest, lines)
    else changes.push({ at: first, by: lines }, { at: last + 1, by: -lines })
  }
  let held = 0
  let most = 0
  for (const { by } of changes.toSorted((a, b) => a.at - b.at || a.by - b.by))
    most = Math.max(most, (held += by))
  return most + longest
}
