import type { BookedSum, FileBooks } from './reading/file-books.ts'
import type { Listed } from './sending/bookings.ts'
import type { Refused } from './sending/sending.ts'

/** What an import came to: what the file says beside what the shop says about the same invoices. */
export interface ImportReport {
  readonly file: FileBooks & {
    readonly path: string
    readonly lines: number
    readonly products: number
    /** Codes that have no price above 0 anywhere, so that they can't be sold. */
    readonly withoutPrice: number
  }
  readonly shop: ShopBooks
  /** Whether the shop has all of it, to the penny. */
  readonly agrees: boolean
  /** Invoices that the shop had from an earlier run. */
  readonly hadBefore: number
  readonly refused: readonly Refusal[]
  /** Where the rejected and refused invoices stand with their reasons. */
  readonly rejectsFile: string
  /** Requests that were sent again. */
  readonly repeats: number
  readonly seconds: number
}

export interface ShopBooks {
  readonly orders: readonly StatusSum[]
  readonly creditNotes: readonly StatusSum[]
  /** Orders that were taken less credit notes that were settled, in pence. */
  readonly net: number
}

interface StatusSum {
  readonly status: string
  readonly count: number
  /** In pence. */
  readonly total: number
}

type Refusal = Pick<Refused, 'what' | 'code' | 'message'>

/** Nothing was sold, or not yet: everything else was charged. */
const NOT_TAKEN = ['placed', 'reserved', 'authorised', 'paid', 'rejected', 'cancelled']
const NOT_SETTLED = ['issued', 'refused']

/** Adds up what the shop lists. */
export function shopBooks(orders: Iterable<Listed>, creditNotes: Iterable<Listed>): ShopBooks {
  const books = { orders: byStatus(orders), creditNotes: byStatus(creditNotes) }
  const taken = sumWithout(books.orders, NOT_TAKEN)
  return { ...books, net: taken.total - sumWithout(books.creditNotes, NOT_SETTLED).total }
}

export function agree(file: FileBooks, shop: ShopBooks): boolean {
  const taken = sumWithout(shop.orders, NOT_TAKEN)
  const settled = sumWithout(shop.creditNotes, NOT_SETTLED)
  return (
    taken.count === file.orders.count &&
    taken.total === file.orders.total &&
    settled.count === file.creditNotes.count &&
    settled.total === file.creditNotes.total
  )
}

function byStatus(listed: Iterable<Listed>): StatusSum[] {
  const sums = new Map<string, { status: string; count: number; total: number }>()
  for (const { status, total } of listed) {
    const sum = sums.get(status) ?? { status, count: 0, total: 0 }
    sum.count++
    sum.total += total.amount
    sums.set(status, sum)
  }
  return [...sums.values()].toSorted((a, b) => (a.status < b.status ? -1 : 1))
}

function sumWithout(sums: readonly StatusSum[], statuses: readonly string[]) {
  const counted = sums.filter(({ status }) => !statuses.includes(status))
  return {
    count: counted.reduce((sum, { count }) => sum + count, 0),
    total: counted.reduce((sum, { total }) => sum + total, 0),
  }
}

const MOST_REFUSED = 10

/** The report for people. */
export function reportText(report: ImportReport): string {
  const { file, shop, refused } = report
  const lines = [
    `${file.path}: ${count(file.invoices)} invoices in ${count(file.lines)} lines; ${count(file.products)} products, ${count(file.withoutPrice)} codes without a price`,
    '',
    '  the file says',
    `    orders        ${bookedText(file.orders)}`,
    `    credit notes  ${bookedText(file.creditNotes)}`,
    `    rejected      ${count(file.rejected)}, with their reasons in ${report.rejectsFile}`,
    `    net           ${gbp(file.net)}`,
    '  the shop says',
    ...shop.orders.map((sum) => `    orders        ${statusText(sum)}`),
    ...shop.creditNotes.map((sum) => `    credit notes  ${statusText(sum)}`),
    `    net           ${gbp(shop.net)}`,
    '',
    ...refused
      .slice(0, MOST_REFUSED)
      .map(({ what, code, message }) => `  refused: ${what}: ${code} ${message}`),
    ...(refused.length > MOST_REFUSED
      ? [`  … and ${count(refused.length - MOST_REFUSED)} more were refused`]
      : []),
    report.agrees ? '  They agree, to the penny.' : '  They differ.',
    `  ${report.seconds.toFixed(1)} s, ${count(report.hadBefore)} invoices were there before, ${count(report.repeats)} requests were sent again`,
  ]
  return lines.join('\n')
}

function bookedText({ count: booked, lines, units, total }: BookedSum): string {
  return `${count(booked)} with ${count(lines)} lines, ${count(units)} units, ${gbp(total)}`
}

function statusText({ status, count: booked, total }: StatusSum): string {
  return `${count(booked)} ${status}, ${gbp(total)}`
}

function count(number: number): string {
  return number.toLocaleString('en')
}

function gbp(pence: number): string {
  return `${(pence / 100).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} GBP`
}
