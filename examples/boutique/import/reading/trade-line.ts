import type { Layout } from './columns.ts'
import type { CsvRecord } from './records.ts'
import type { Fault } from './trade-file-error.ts'

/** One line of an invoice as it stands in the file. */
export interface TradeLine {
  readonly line: number
  readonly invoice: string
  readonly code: string
  readonly description: string
  readonly quantity: number
  readonly price: FilePrice
  /** ISO 8601; the file's times are taken as UTC. */
  readonly at: string
  /** Null: a guest. */
  readonly customer: string | null
  readonly country: string
}

/** A price in pence. One that is a fraction of a penny is cut off and says so: nobody can be charged it. */
export interface FilePrice {
  readonly pence: number
  readonly whole: boolean
  readonly text: string
}

/** As long as a number of an invoice may be; it goes into references and file names of others. */
const INVOICE = /^[A-Za-z0-9-]{1,40}$/
const WHOLE = /^-?\d{1,9}$/
const PRICE = /^(-?)(\d{1,9})(?:\.(\d{1,20}))?$/
/** Spreadsheets make numbers of customers decimal where some are missing: 17850.0. */
const CUSTOMER = /^(\d{1,15})(?:\.0+)?$/
const TIME = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?$/

/** Reads records of this layout. Answers all that is wrong with one that can't be read. */
export function createLineReader({ width, at }: Layout): (record: CsvRecord) => TradeLine | Fault[] {
  let lastTime = { text: '', iso: '' as string | undefined }

  function instantOf(text: string): string | undefined {
    if (text !== lastTime.text) lastTime = { text, iso: parseTime(text) }
    return lastTime.iso
  }

  return ({ line, fields }) => {
    if (fields.length !== width)
      return [
        { line, what: `has ${fields.length} fields instead of ${width}; one with a comma needs quotes` },
      ]
    const field = (index: number) => (fields[index] ?? '').trim()
    const invoice = field(at.InvoiceNo)
    const code = field(at.StockCode)
    const quantityText = field(at.Quantity)
    const price = parsePrice(field(at.UnitPrice))
    const instant = instantOf(field(at.InvoiceDate))
    const customerText = field(at.CustomerID)
    const customer = CUSTOMER.exec(customerText)?.[1]

    const faults: Fault[] = []
    const wrong = (what: string) => faults.push({ line, what })
    if (!INVOICE.test(invoice)) wrong(`InvoiceNo ${quoted(invoice)} is no number of an invoice`)
    if (code === '') wrong('StockCode is empty')
    if (!WHOLE.test(quantityText)) wrong(`Quantity ${quoted(quantityText)} is no whole number`)
    if (price === undefined) wrong(`UnitPrice ${quoted(field(at.UnitPrice))} is no amount such as 2.55`)
    if (instant === undefined)
      wrong(`InvoiceDate ${quoted(field(at.InvoiceDate))} is no time such as 2010-12-01 08:26:00`)
    if (customer === undefined && customerText !== '')
      wrong(`CustomerID ${quoted(customerText)} is no number of a customer`)
    if (faults.length > 0 || price === undefined || instant === undefined) return faults
    return {
      line,
      invoice,
      code,
      description: oneLine(field(at.Description)),
      quantity: Number(quantityText),
      price,
      at: instant,
      customer: customer ?? null,
      country: field(at.Country),
    }
  }
}

/** By its digits, so that 2.55 is 255 and never 254.99999999999997. */
function parsePrice(text: string): FilePrice | undefined {
  const [matched, sign, pounds, decimals = ''] = PRICE.exec(text) ?? []
  if (matched === undefined) return undefined
  const pence = Number(`${pounds}${decimals.slice(0, 2).padEnd(2, '0')}`)
  return { pence: sign === '-' ? 0 - pence : pence, whole: !/[1-9]/.test(decimals.slice(2)), text }
}

function parseTime(text: string): string | undefined {
  const [matched, ...parts] = TIME.exec(text) ?? []
  if (matched === undefined) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((part) =>
    Number(part ?? 0),
  )
  const iso = new Date(Date.UTC(year, month - 1, day, hour, minute, second)).toISOString()
  // The thirtieth of February comes back as the second of March.
  const same = [
    iso.slice(0, 4),
    iso.slice(5, 7),
    iso.slice(8, 10),
    iso.slice(11, 13),
    iso.slice(14, 16),
  ].every((part, index) => part === parts[index])
  return same ? iso : undefined
}

/** As it goes on a label. */
function oneLine(text: string): string {
  return text.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
}

function quoted(text: string): string {
  return text === '' ? '(empty)' : JSON.stringify(text.slice(0, 60))
}
