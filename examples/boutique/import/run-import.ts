import { createFileBooks } from './reading/file-books.ts'
import { readInvoices, type Invoice } from './reading/invoices.ts'
import { surveyFile } from './reading/survey.ts'
import type { Progress } from './progress.ts'
import { createRejectsFile, type RejectsFile } from './rejects-file.ts'
import { agree, shopBooks, type ImportReport } from './report.ts'
import { listBookings, sendBookings } from './sending/bookings.ts'
import { sendGoods } from './sending/goods.ts'
import type { Refused, Sending } from './sending/sending.ts'
import { createTradeClient, type TradeClient, type TradeClientOptions } from './sending/trade-client.ts'
import { waitForEnds } from './sending/wait-for-ends.ts'

export interface ImportOptions extends Omit<TradeClientOptions, 'connections'> {
  /** The trade file. */
  readonly path: string
  /** Where rejected invoices go. */
  readonly rejectsPath: string
  /** Requests at once. */
  readonly concurrency: number
}

/**
 * Imports a trade file through the shop's public door. All of the file is read once before anything is sent, so a broken
 * one changes nothing. Killed at any moment and run again it continues, and doubles nothing.
 * @returns once the last order and credit note has ended.
 * @throws TradeFileError, ImportFailure
 */
export async function runImport(options: ImportOptions, progress: Progress): Promise<ImportReport> {
  const { concurrency } = options
  const client = createTradeClient({ ...options, connections: concurrency })
  try {
    return await importThrough(client, options, progress)
  } finally {
    await client.close()
  }
}

async function importThrough(
  client: TradeClient,
  { path, email, rejectsPath, concurrency }: ImportOptions,
  progress: Progress,
): Promise<ImportReport> {
  const beganAt = performance.now()
  const survey = await surveyFile(path)
  const refused: Refused[] = []
  const sending: Sending = {
    client,
    trader: email,
    concurrency,
    progress,
    refused: (one) => refused.push(one),
  }
  await sendGoods(sending, survey.products)

  const books = createFileBooks()
  const rejects = await createRejectsFile(rejectsPath)
  const invoices = noted(readInvoices(path, survey.invoices), books, rejects)
  const hadBefore = await sendBookings(sending, invoices, survey.invoices)
  for (const { invoice, code, message } of refused) {
    if (!invoice) continue
    await rejects.add(invoice.number, [
      { line: invoice.line, reason: `the shop refused it: ${code} ${message}` },
    ])
  }
  await rejects.finish()

  await waitForEnds(sending)
  const file = books.sums()
  const shop = shopBooks(
    (await listBookings(sending, 'order', survey.invoices)).values(),
    (await listBookings(sending, 'creditNote', survey.invoices)).values(),
  )
  return {
    file: {
      path,
      lines: survey.lines,
      ...file,
      products: survey.products.size,
      withoutPrice: survey.withoutPrice.length,
    },
    shop,
    agrees: refused.length === 0 && agree(file, shop),
    hadBefore,
    refused: refused.map(({ what, code, message }) => ({ what, code, message })),
    rejectsFile: rejectsPath,
    repeats: client.repeats(),
    seconds: (performance.now() - beganAt) / 1_000,
  }
}

/** Adds up and writes down what passes. */
async function* noted(
  invoices: AsyncIterable<Invoice>,
  books: ReturnType<typeof createFileBooks>,
  rejects: RejectsFile,
): AsyncGenerator<Invoice> {
  for await (const invoice of invoices) {
    books.add(invoice)
    if (invoice.kind === 'rejected') await rejects.add(invoice.number, invoice.reasons)
    yield invoice
  }
}
