import {
  anyOf,
  command,
  conflict,
  contract,
  event,
  notFound,
  owner,
  page,
  query,
  refused,
  roles,
} from 'archipel'
import { z } from 'zod'
import { Country, Id, Instant, Money, Price, Quantity, Sku, textLine } from '../shared.ts'

/** `issued → settled`; `refused` when the card takes no money. */
export const CreditNoteStatus = z.enum(['issued', 'settled', 'refused'])
export type CreditNoteStatus = z.infer<typeof CreditNoteStatus>
/** Who issued it: support in the shop, or a trader who brought it in. */
const Source = z.enum(['shop', 'trade'])
/** What a trader calls a credit note: unique among the trader's own. */
const ExternalReference = textLine(100)

const RequestedLine = z.object({
  sku: Sku,
  name: z.string().min(1).max(200),
  quantity: Quantity,
  price: Price,
})
const CreditNoteLine = z.object({
  number: z.int(),
  sku: Sku,
  name: z.string(),
  quantity: z.int(),
  price: Money,
})

export const CreditNoteSummary = z.object({
  id: Id,
  customerId: Id,
  source: Source,
  status: CreditNoteStatus,
  total: Money,
  country: Country,
  reason: z.string(),
  issuedAt: Instant,
})
export type CreditNoteSummary = z.infer<typeof CreditNoteSummary>
export const CreditNote = CreditNoteSummary.extend({
  lines: z.array(CreditNoteLine),
  settledAt: Instant.nullable(),
  /** Why it was not paid out; null unless it was refused. */
  refusal: z.string().nullable(),
})
export type CreditNote = z.infer<typeof CreditNote>
export const TradeCreditNote = CreditNoteSummary.pick({ id: true, status: true, total: true }).extend({
  externalReference: ExternalReference,
})
/** What credit notes of one status come to. */
export const TradeCreditSum = z.object({
  status: CreditNoteStatus,
  creditNotes: z.int(),
  lines: z.int(),
  units: z.int(),
  total: Money.extend({ amount: z.int().min(0) }),
})

const content = {
  customerId: Id,
  country: Country,
  lines: z.array(RequestedLine).min(1).max(1_000),
  reason: z.string().min(1).max(500),
  payment: z.object({ token: z.string().min(1).max(100) }),
}
const Issued = CreditNoteSummary.pick({ id: true, status: true, total: true })
const CUSTOMER_NOT_FOUND = refused()
const TOTAL_TOO_HIGH = refused(z.object({ limit: Money }))
const CREDIT_NOTE_NOT_FOUND = notFound()

const Change = z.object({
  creditNoteId: Id,
  customerId: Id,
  total: Money,
  issuedAt: Instant,
  at: Instant,
  country: Country,
  source: Source,
  lines: z.array(CreditNoteLine),
})

/** Money back without an order of ours behind it. A credit note moves no stock. */
export const credits = contract('credits', {
  version: '1.0.0',
  operations: {
    issueCreditNote: command({
      summary: 'Give a customer money back without an order of ours; follow it at its Location',
      http: { route: 'POST /credit-notes', status: 202, location: '/credit-notes/{id}' },
      access: roles('support'),
      input: z.object(content),
      output: Issued,
      errors: { CUSTOMER_NOT_FOUND, TOTAL_TOO_HIGH },
    }),
    listCreditNotes: query({
      summary: 'Credit notes, the latest first; your own unless you are support',
      http: { route: 'GET /credit-notes' },
      access: anyOf(owner('customerId'), roles('support')),
      ...page(CreditNoteSummary, { status: CreditNoteStatus.optional() }, { cursor: Id }),
    }),
    getCreditNote: query({
      http: { route: 'GET /credit-notes/{id}' },
      access: anyOf(owner('customerId'), roles('support')),
      input: z.object({ id: Id }),
      output: CreditNote,
      errors: { CREDIT_NOTE_NOT_FOUND },
    }),
    importCreditNote: command({
      summary: 'Bring a credit note in; the same one again is answered as it stands now',
      http: { route: 'POST /trade/credit-notes', status: 202 },
      access: roles('trade'),
      input: z.object({ externalReference: ExternalReference, issuedAt: Instant, ...content }),
      output: Issued,
      errors: { CUSTOMER_NOT_FOUND, TOTAL_TOO_HIGH, REFERENCE_TAKEN: conflict(z.object({ id: Id })) },
    }),
    listTradeCreditNotes: query({
      summary: 'The credit notes you brought in, by their references',
      http: { route: 'GET /trade/credit-notes' },
      access: roles('trade'),
      ...page(TradeCreditNote, {}, { cursor: ExternalReference }),
    }),
    summariseTradeCreditNotes: query({
      summary: 'How many credit notes you brought in, and what they come to, by status',
      http: { route: 'GET /trade/credit-notes/summary' },
      access: roles('trade'),
      input: z.object({}),
      output: z.object({ statuses: z.array(TradeCreditSum) }),
    }),
    completeCreditNote: command({
      summary: 'The last step of a credit note that was paid out',
      access: 'internal',
      input: z.object({ creditNoteId: Id, creditedAt: Instant }),
      output: z.object({ settledAt: Instant }),
      errors: { CREDIT_NOTE_NOT_FOUND, CREDIT_NOTE_REFUSED: conflict() },
    }),
    refuseCreditNote: command({
      summary: 'The end of a credit note that could not be paid out',
      access: 'internal',
      input: z.object({ creditNoteId: Id, refusal: z.string() }),
      output: z.object({ status: CreditNoteStatus }),
      errors: { CREDIT_NOTE_NOT_FOUND, CREDIT_NOTE_SETTLED: conflict() },
    }),
  },
  events: {
    creditNoteIssued: event({ data: Change, key: 'creditNoteId', version: 1 }),
    creditNoteSettled: event({ data: Change, key: 'creditNoteId', version: 1 }),
    creditNoteRefused: event({
      data: Change.extend({ refusal: z.string() }),
      key: 'creditNoteId',
      version: 1,
    }),
  },
})
