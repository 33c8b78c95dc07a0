import { writeFile } from 'node:fs/promises'
import { readInvoices } from '../import/reading/invoices.ts'
import { surveyFile } from '../import/reading/survey.ts'
import type { Dice } from './random.ts'

/** An invoice as it must be in the shop, once. */
export interface ExpectedInvoice {
  readonly kind: 'order' | 'creditNote' | 'rejected'
  readonly number: string
  readonly lines: number
  readonly units: number
  /** In pence. */
  readonly total: number
}

/** A file to import, and what it says. */
export interface TradeFile {
  readonly path: string
  readonly invoices: readonly ExpectedInvoice[]
}

interface Line {
  readonly code: string
  readonly quantity: number
  readonly pence: number
}

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
const COUNTRIES = [
  'United Kingdom',
  'United Kingdom',
  'United Kingdom',
  'France',
  'EIRE',
  'Germany',
  'Norway',
]
const PRODUCTS = 30
const CUSTOMERS = 25
const CREDIT_NOTES = 0.15
const REJECTED = 0.05
const GUESTS = 0.2
const POSTAGE = 0.1

/** Makes up a trade file: orders, credit notes, and invoices that can't be orders. @param first the number of its first invoice. */
export async function makeTradeFile(
  path: string,
  { dice, first, count }: { dice: Dice; first: number; count: number },
): Promise<TradeFile> {
  const rows: string[] = []
  const invoices: ExpectedInvoice[] = []
  for (let index = 0; index < count; index++) {
    const chance = dice.next()
    const isCredit = chance < CREDIT_NOTES
    const kind = isCredit ? 'creditNote' : chance < CREDIT_NOTES + REJECTED ? 'rejected' : 'order'
    const number = `${isCredit ? 'C' : ''}${first + index}`
    const lines = Array.from({ length: dice.between(1, 6) }, () => randomLine(dice))
    if (kind === 'rejected') lines.push({ code: '90001', quantity: -1, pence: 100 })
    const customer = dice.next() < GUESTS ? '' : `${dice.between(101, 100 + CUSTOMERS)}.0`
    const country = dice.pick(COUNTRIES)
    const at = `2010-12-${String(dice.between(1, 23)).padStart(2, '0')} ${dice.between(10, 19)}:26:00`
    for (const { code, quantity, pence } of lines) {
      const signed = isCredit ? -quantity : quantity
      rows.push(
        `${number},${code},THING ${code},${signed},${at},${(pence / 100).toFixed(2)},${customer},${country}`,
      )
    }
    invoices.push(expected(kind, number, lines))
  }
  await writeFile(path, `${HEADER}\n${rows.join('\n')}\n`)
  return { path, invoices }
}

/** A file of somebody else's. */
export async function readTradeFile(path: string): Promise<TradeFile> {
  const invoices: ExpectedInvoice[] = []
  for await (const invoice of readInvoices(path, (await surveyFile(path)).invoices))
    invoices.push(
      invoice.kind === 'rejected'
        ? expected(invoice.kind, invoice.number, [])
        : expected(invoice.kind, invoice.number, invoice.lines),
    )
  return { path, invoices }
}

function randomLine(dice: Dice): Line {
  // Postage has no stock.
  if (dice.next() < POSTAGE) return { code: 'POST', quantity: 1, pence: 1_800 }
  return {
    code: String(90_000 + dice.between(1, PRODUCTS)),
    quantity: dice.between(1, 12),
    pence: dice.between(1, 2_000),
  }
}

function expected(
  kind: ExpectedInvoice['kind'],
  number: string,
  lines: readonly Pick<Line, 'quantity' | 'pence'>[],
): ExpectedInvoice {
  const units = lines.reduce((sum, { quantity }) => sum + quantity, 0)
  const total = lines.reduce((sum, { quantity, pence }) => sum + quantity * pence, 0)
  return { kind, number, lines: lines.length, units, total }
}
