import type { Fault } from './trade-file-error.ts'

/** The columns that are read; others are passed over. */
export const COLUMNS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const
export type Column = (typeof COLUMNS)[number]

/** Where each column stands in a record. */
export interface Layout {
  readonly width: number
  readonly at: Readonly<Record<Column, number>>
}

/** Finds the columns by the names in the header, in whatever order. Answers what is wrong with it otherwise. */
export function layoutOf(header: readonly string[]): Layout | Fault {
  const names = header.map((name) => name.trim())
  const missing = COLUMNS.filter((column) => !names.includes(column))
  if (missing.length > 0) return { line: 1, what: missingText(missing, header) }
  const twice = COLUMNS.find((column) => names.indexOf(column) !== names.lastIndexOf(column))
  if (twice !== undefined) return { line: 1, what: `there are two columns ${twice}` }
  const at = (column: Column) => names.indexOf(column)
  return {
    width: header.length,
    at: {
      InvoiceNo: at('InvoiceNo'),
      StockCode: at('StockCode'),
      Description: at('Description'),
      Quantity: at('Quantity'),
      InvoiceDate: at('InvoiceDate'),
      UnitPrice: at('UnitPrice'),
      CustomerID: at('CustomerID'),
      Country: at('Country'),
    },
  }
}

function missingText(missing: readonly string[], header: readonly string[]): string {
  const found = header.join(', ').slice(0, 200)
  const text = `no column ${missing.join(', ')}; the header reads: ${found}`
  return header.length === 1 && /[;\t]/.test(found) ? `${text}; fields are separated by commas` : text
}
