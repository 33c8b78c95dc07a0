import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileBooks, type FileBooks } from './file-books.ts'
import { readInvoices, type Invoice } from './invoices.ts'
import { surveyFile, type Survey } from './survey.ts'

/** Made up, with every odd case. */
export const FORTY_INVOICES = join(import.meta.dirname, '..', 'fixture', 'forty-invoices.csv')
export const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'

/** Writes a file for the time of one block. */
export async function temporaryFile(
  content: string | Buffer,
  name = 'trade.csv',
): Promise<AsyncDisposable & { path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'boutique import '))
  const path = join(folder, name)
  await writeFile(path, content)
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

/** All that the reading side finds in a file. */
export async function readAll(
  path: string,
): Promise<{ survey: Survey; invoices: Invoice[]; books: FileBooks }> {
  const survey = await surveyFile(path)
  const books = createFileBooks()
  const invoices: Invoice[] = []
  for await (const invoice of readInvoices(path, survey.invoices)) {
    invoices.push(invoice)
    books.add(invoice)
  }
  return { survey, invoices, books: books.sums() }
}
