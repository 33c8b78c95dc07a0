import { z } from 'zod'
import type { Booked, Invoice } from '../reading/invoices.ts'
import { atOnce } from './at-once.ts'
import { createCustomers } from './customers.ts'
import { itemsOf } from './pages.ts'
import type { Refused, Sending } from './sending.ts'

/** An order or a credit note of ours as the shop lists it. */
const Listed = z.object({
  externalReference: z.string(),
  status: z.string(),
  total: z.object({ amount: z.int() }),
})
export type Listed = z.infer<typeof Listed>

export const PATHS = { order: '/trade/orders', creditNote: '/trade/credit-notes' } as const
/** The card of a trade account; the stand-in for a card processor takes it. */
const TOKEN = 'tok_ok'

/** What the shop has of these invoices already. */
export async function listBookings(
  { client }: Sending,
  kind: Booked['kind'],
  numbers: { has(number: string): boolean },
): Promise<Map<string, Listed>> {
  const listed = new Map<string, Listed>()
  for await (const one of itemsOf(client, PATHS[kind], Listed))
    if (numbers.has(one.externalReference)) listed.set(one.externalReference, one)
  return listed
}

/** Brings in orders and credit notes; those that the shop has already are passed over. @returns how many were. */
export async function sendBookings(
  sending: Sending,
  invoices: AsyncIterable<Invoice>,
  numbers: { has(number: string): boolean; readonly size: number },
): Promise<number> {
  const { concurrency, progress, refused } = sending
  const known = {
    order: await listBookings(sending, 'order', numbers),
    creditNote: await listBookings(sending, 'creditNote', numbers),
  }
  const customerOf = createCustomers(sending)
  let passedOver = 0
  progress.begin('invoices', numbers.size)
  await atOnce(invoices, concurrency, async (invoice) => {
    if (invoice.kind !== 'rejected') {
      const before = known[invoice.kind].get(invoice.number)
      if (before) passedOver++
      const failed = before ? otherContent(invoice, before) : await sendBooking(sending, invoice, customerOf)
      if (failed) refused({ ...failed, invoice, what: `invoice ${invoice.number}` })
    }
    progress.step()
  })
  progress.end()
  return passedOver
}

type Failure = Omit<Refused, 'what' | 'invoice'>

/** Two files may use one number for two things; the shop keeps the first. */
function otherContent({ number, total }: Booked, before: Listed): Failure | undefined {
  if (before.total.amount === total) return undefined
  const message = `the shop has a ${number} of another amount`
  return { code: 'REFERENCE_TAKEN', message, details: undefined }
}

async function sendBooking(
  { client }: Sending,
  invoice: Booked,
  customerOf: ReturnType<typeof createCustomers>,
): Promise<Failure | undefined> {
  const customer = await customerOf(invoice)
  if ('refusal' in customer) return customer.refusal
  const body = invoice.kind === 'order' ? orderOf(invoice, customer.id) : creditNoteOf(invoice, customer.id)
  const answer = await client.send(PATHS[invoice.kind], `${invoice.kind}/${invoice.number}`, body)
  return answer.done ? undefined : answer
}

function orderOf({ number, at, country, lines }: Booked, customerId: string) {
  return {
    externalReference: number,
    customerId,
    placedAt: at,
    country,
    lines: lines.map(({ sku, quantity, pence }) => ({ sku, quantity, price: pounds(pence) })),
    payment: { token: TOKEN },
  }
}

function creditNoteOf({ number, at, country, lines }: Booked, customerId: string) {
  return {
    externalReference: number,
    customerId,
    issuedAt: at,
    country,
    lines: lines.map(({ sku, description, quantity, pence }) => ({
      sku,
      name: description || sku,
      quantity,
      price: pounds(pence),
    })),
    reason: `Credit note ${number}`,
    payment: { token: TOKEN },
  }
}

function pounds(pence: number) {
  return { amount: pence, currency: 'GBP' }
}
