import { service, sql } from 'archipel'
import { pageById } from '../shared.ts'
import { credits, type CreditNote } from './contract.ts'
import { customerExists, importCreditNote, issueCreditNote, sagas, uses } from './issuing.ts'
import {
  creditNotesBefore,
  findCreditNote,
  lockCreditNote,
  sumsOfTrader,
  tradeCreditNotesOf,
} from './rows.ts'

export const creditsService = service(credits, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
  uses,
  sagas,
})
  .operation('issueCreditNote', { prepare: customerExists }, issueCreditNote)
  .operation('importCreditNote', { prepare: customerExists }, importCreditNote)
  .operation('listCreditNotes', async ({ status, limit, cursor }, { db, principal }) => {
    const customerId = principal.roles.includes('support') ? undefined : principal.id
    return pageById(
      await creditNotesBefore(db, { customerId, status, before: cursor, limit: limit + 1 }),
      limit,
    )
  })
  .operation('getCreditNote', async ({ id }, { db, errors }) => {
    const note = await findCreditNote(db, id)
    if (!note) throw errors.CREDIT_NOTE_NOT_FOUND()
    return note
  })
  .operation('listTradeCreditNotes', async ({ limit, cursor }, { db, principal }) => {
    const items = await tradeCreditNotesOf(db, principal.id, cursor, limit + 1)
    return {
      items: items.slice(0, limit),
      next: items.length > limit ? (items[limit - 1]?.externalReference ?? null) : null,
    }
  })
  .operation('summariseTradeCreditNotes', async (_, { db, principal }) => ({
    statuses: await sumsOfTrader(db, principal.id),
  }))
  .operation('completeCreditNote', async ({ creditNoteId, creditedAt }, { db, publish, errors }) => {
    const note = await lockCreditNote(db, creditNoteId)
    if (!note) throw errors.CREDIT_NOTE_NOT_FOUND()
    if (note.status === 'refused') throw errors.CREDIT_NOTE_REFUSED()
    if (note.settledAt !== null) return { settledAt: note.settledAt }
    await db.run(
      sql`update credit_notes set status = 'settled', settled_at = ${creditedAt} where id = ${creditNoteId}`,
    )
    publish.creditNoteSettled(changeOf(note, creditedAt))
    return { settledAt: creditedAt }
  })
  .operation('refuseCreditNote', async ({ creditNoteId, refusal }, { db, publish, errors, now }) => {
    const note = await lockCreditNote(db, creditNoteId)
    if (!note) throw errors.CREDIT_NOTE_NOT_FOUND()
    if (note.status === 'settled') throw errors.CREDIT_NOTE_SETTLED()
    if (note.status === 'refused') return { status: 'refused' }
    await db.run(
      sql`update credit_notes set status = 'refused', refusal = ${refusal} where id = ${creditNoteId}`,
    )
    publish.creditNoteRefused({ ...changeOf(note, now()), refusal })
    return { status: 'refused' }
  })

function changeOf({ id, customerId, total, issuedAt, country, source, lines }: CreditNote, at: string) {
  return { creditNoteId: id, customerId, total, issuedAt, at, country, source, lines }
}
