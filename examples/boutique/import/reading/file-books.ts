import type { Booked, Invoice } from './invoices.ts'

/** What a trade file says, for the report and for the comparison with the books of the shop. */
export interface FileBooks {
  readonly invoices: number
  readonly orders: BookedSum
  readonly creditNotes: BookedSum
  readonly rejected: number
  /** Orders less credit notes, in pence. */
  readonly net: number
}

export interface BookedSum {
  readonly count: number
  readonly lines: number
  readonly units: number
  /** In pence. */
  readonly total: number
}

/** Adds up invoices as they come. */
export function createFileBooks(): { add(invoice: Invoice): void; sums(): FileBooks } {
  const orders = { count: 0, lines: 0, units: 0, total: 0 }
  const creditNotes = { count: 0, lines: 0, units: 0, total: 0 }
  let rejected = 0
  return {
    add(invoice) {
      if (invoice.kind === 'rejected') rejected++
      else addTo(invoice.kind === 'order' ? orders : creditNotes, invoice)
    },
    sums: () => ({
      invoices: orders.count + creditNotes.count + rejected,
      orders: { ...orders },
      creditNotes: { ...creditNotes },
      rejected,
      net: orders.total - creditNotes.total,
    }),
  }
}

function addTo(sum: { -readonly [TName in keyof BookedSum]: number }, { lines, total }: Booked): void {
  sum.count++
  sum.lines += lines.length
  for (const { quantity } of lines) sum.units += quantity
  sum.total += total
}
