// For a test: a process of its own, so that its memory can be limited. Reads a trade file as the import does and prints
// its books, or what is wrong with it.
import { createFileBooks } from './file-books.ts'
import { readInvoices } from './invoices.ts'
import { surveyFile } from './survey.ts'
import { TradeFileError } from './trade-file-error.ts'

const [path = ''] = process.argv.slice(2)
try {
  const survey = await surveyFile(path)
  const books = createFileBooks()
  for await (const invoice of readInvoices(path, survey.invoices)) books.add(invoice)
  console.log(JSON.stringify(books.sums()))
} catch (error) {
  if (!(error instanceof TradeFileError)) throw error
  console.log(JSON.stringify(error.faults))
}
