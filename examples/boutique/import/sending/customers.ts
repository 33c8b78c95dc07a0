import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Booked } from '../reading/invoices.ts'
import type { Answer } from './trade-client.ts'
import type { Sending } from './sending.ts'

const WithId = z.object({ id: z.string() })
/** The customer exists, with other particulars than this file has first: another file brought them. */
const KNOWN = 'REFERENCE_TAKEN'

/** A customer's id in the shop, or the refusal. */
export type Found = { readonly id: string } | { readonly refusal: Answer & { readonly done: false } }

/**
 * Brings in customers when an invoice of theirs is the first one: each once, a guest for each invoice without one.
 * They have no password, and addresses at which no mail arrives.
 */
export function createCustomers({ client, trader }: Sending): (invoice: Booked) => Promise<Found> {
  const found = new Map<string, Promise<Found>>()

  async function bringIn(externalReference: string, name: string, country: string): Promise<Found> {
    const customer = { externalReference, name, email: emailOf(trader, externalReference), country }
    const answer = await client.send('/trade/customers', `customer/${externalReference}`, customer)
    if (answer.done) return { id: WithId.parse(answer.body).id }
    const known = WithId.safeParse(answer.details)
    return answer.code === KNOWN && known.success ? { id: known.data.id } : { refusal: answer }
  }

  return ({ customer, number, country }) => {
    if (customer === null) return bringIn(`guest-${number}`, `Guest of invoice ${number}`, country)
    const one = found.get(customer) ?? bringIn(`customer-${customer}`, `Customer ${customer}`, country)
    found.set(customer, one)
    return one
  }
}

/** Another one for each trader, and for references that differ by case only. */
function emailOf(trader: string, reference: string): string {
  const mark = createHash('sha256').update(`${trader} ${reference}`).digest('hex').slice(0, 12)
  return `${reference.toLowerCase()}.${mark}@trade.example`
}
