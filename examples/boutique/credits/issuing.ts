import { createHash } from 'node:crypto'
import type { CommandContext, PrepareContext } from 'archipel'
import { HIGHEST_AMOUNT, type Money } from '../shared.ts'
import { users } from '../users/contract.ts'
import type { credits, CreditNoteStatus } from './contract.ts'
import { importedAs, insertCreditNote, type NewCreditNote, type NewLine } from './rows.ts'
import { settleCredit } from './settle-credit.ts'

export const uses = { users }
export const sagas = [settleCredit] as const

type Operations = (typeof credits)['operations']
type Issuing = 'issueCreditNote' | 'importCreditNote'
type Command<TName extends Issuing> = CommandContext<
  typeof credits,
  Operations[TName],
  typeof uses,
  typeof sagas
>

interface Content {
  readonly customerId: string
  readonly country: string
  readonly lines: readonly NewLine[]
  readonly reason: string
  readonly payment: { readonly token: string }
}
interface Import extends Content {
  readonly externalReference: string
  readonly issuedAt: string
}
interface Issued {
  readonly id: string
  readonly status: CreditNoteStatus
  readonly total: Money
}

const HIGHEST_TOTAL: Money = { amount: HIGHEST_AMOUNT, currency: 'GBP' }

/** Nobody is given money whom the shop doesn't know. */
export async function customerExists(
  { customerId }: Pick<Content, 'customerId'>,
  { users, errors }: PrepareContext<Operations[Issuing], typeof uses>,
): Promise<void> {
  const contact = await users.try.getContact({ id: customerId })
  if (!contact.ok)
    throw contact.error.code === 'CUSTOMER_NOT_FOUND' ? errors.CUSTOMER_NOT_FOUND() : contact.error
}

export async function issueCreditNote(input: Content, context: Command<'issueCreditNote'>): Promise<Issued> {
  const { db, errors, id, now } = context
  const note = { ...input, id: id(), issuedAt: now(), total: totalOf(input.lines) }
  if (note.total.amount > HIGHEST_AMOUNT) throw errors.TOTAL_TOO_HIGH({ limit: HIGHEST_TOTAL })
  await insertCreditNote(db, note)
  return begin(note, input, context)
}

/** Brings one in under its trader's own reference. The unique index decides between two at once. */
export async function importCreditNote(input: Import, context: Command<'importCreditNote'>): Promise<Issued> {
  const { db, errors, id, principal } = context
  const { externalReference } = input
  const trade = { traderId: principal.id, externalReference, contentHash: hashOf(input) }
  const note = { ...input, id: id(), total: totalOf(input.lines), trade }
  if (note.total.amount > HIGHEST_AMOUNT) throw errors.TOTAL_TOO_HIGH({ limit: HIGHEST_TOTAL })
  if (await insertCreditNote(db, note)) return begin(note, input, context)
  const before = await importedAs(db, principal.id, externalReference)
  if (before.contentHash !== trade.contentHash) throw errors.REFERENCE_TAKEN({ id: before.id })
  return { id: before.id, status: before.status, total: note.total }
}

/** What follows from a new credit note: its event, and the saga that pays it out. */
function begin(
  { id, customerId, country, issuedAt, total, lines, trade }: NewCreditNote,
  { payment }: Content,
  { publish, start, now }: Pick<Command<Issuing>, 'publish' | 'start' | 'now'>,
): Issued {
  publish.creditNoteIssued({
    creditNoteId: id,
    customerId,
    total,
    issuedAt,
    at: now(),
    country,
    source: trade ? 'trade' : 'shop',
    lines: lines.map((line, index) => ({ number: index + 1, ...line })),
  })
  start.settleCredit(id, { creditNoteId: id, customerId, total, token: payment.token })
  return { id, status: 'issued', total }
}

function totalOf(lines: readonly NewLine[]): Money {
  return { amount: lines.reduce((sum, line) => sum + line.quantity * line.price.amount, 0), currency: 'GBP' }
}

/** Of what was credited, to whom and when; to which card is no part of it. */
function hashOf({ customerId, issuedAt, country, reason, lines }: Import): string {
  const content = [
    customerId,
    Date.parse(issuedAt),
    country,
    reason,
    ...lines.map(({ sku, name, quantity, price }) => [sku, name, quantity, price.amount, price.currency]),
  ]
  return createHash('sha256').update(JSON.stringify(content)).digest('base64')
}
