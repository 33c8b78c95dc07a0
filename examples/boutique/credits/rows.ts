import { sql, type Queryable, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import type { Money } from '../shared.ts'
import {
  CreditNote,
  CreditNoteStatus,
  CreditNoteSummary,
  TradeCreditNote,
  TradeCreditSum,
} from './contract.ts'
import { given, ofKind, where } from '../where.ts'

export interface NewLine {
  readonly sku: string
  readonly name: string
  readonly quantity: number
  readonly price: Money
}

export interface NewCreditNote {
  readonly id: string
  readonly customerId: string
  readonly country: string
  readonly reason: string
  readonly issuedAt: string
  readonly total: Money
  readonly lines: readonly NewLine[]
  /** Who brought it in; undefined: issued by support. */
  readonly trade?: {
    readonly traderId: string
    readonly externalReference: string
    readonly contentHash: string
  }
}

/**
 * A credit note and its lines, by one statement.
 * @returns false when the trader has brought one in under this reference already; then nothing is written.
 */
export async function insertCreditNote(db: WriteDatabase, note: NewCreditNote): Promise<boolean> {
  const { id, customerId, country, reason, issuedAt, total, lines, trade } = note
  const inserted = await db.run(sql`
    with note as (
      insert into credit_notes (id, customer_id, status, total_amount, total_currency, country, reason, issued_at,
          source, trader_id, external_reference, content_hash)
      values (${id}, ${customerId}, 'issued', ${total.amount}, ${total.currency}, ${country}, ${reason}, ${issuedAt},
          ${trade ? 'trade' : 'shop'}, ${trade?.traderId ?? null}, ${trade?.externalReference ?? null},
          ${trade?.contentHash ?? null})
      on conflict (trader_id, external_reference) do nothing
      returning id
    )
    insert into credit_note_lines (credit_note_id, number, sku, name, quantity, price_amount, price_currency)
    select note.id, l.number, l.sku, l.name, l.quantity, l.amount, l.currency from note, unnest(
        ${lines.map((line) => line.sku)}::text[], ${lines.map((line) => line.name)}::text[],
        ${lines.map((line) => line.quantity)}::bigint[], ${lines.map((line) => line.price.amount)}::bigint[],
        ${lines.map((line) => line.price.currency)}::text[]
      ) with ordinality as l (sku, name, quantity, amount, currency, number)`)
  return inserted > 0
}

const Imported = z.object({ id: z.string(), status: CreditNoteStatus, contentHash: z.string() })

/** The credit note that a trader has brought in under a reference. */
export function importedAs(db: Queryable, traderId: string, externalReference: string) {
  return db.one(
    Imported,
    sql`select id, status, content_hash as "contentHash" from credit_notes
      where trader_id = ${traderId} and external_reference = ${externalReference}`,
  )
}

const total = sql`json_build_object('amount', total_amount, 'currency', total_currency) as total`
const summary = sql`n.id, n.customer_id as "customerId", n.source, n.status, n.country, n.reason,
  n.issued_at as "issuedAt", ${total}`
const whole = sql`${summary}, n.settled_at as "settledAt", n.refusal,
  (select json_agg(json_build_object('number', l.number, 'sku', l.sku, 'name', l.name, 'quantity', l.quantity,
      'price', json_build_object('amount', l.price_amount, 'currency', l.price_currency)) order by l.number)
    from credit_note_lines l where l.credit_note_id = n.id) as lines`

export function findCreditNote(db: Queryable, id: string): Promise<CreditNote | undefined> {
  return db.maybeOne(CreditNote, sql`select ${whole} from credit_notes n where n.id = ${id}`)
}

/** The same, with its row locked: whoever ends a credit note takes this first. */
export function lockCreditNote(db: WriteDatabase, id: string): Promise<CreditNote | undefined> {
  return db.maybeOne(CreditNote, sql`select ${whole} from credit_notes n where n.id = ${id} for update of n`)
}

/** The latest first: ids are drawn in the order of time. */
export function creditNotesBefore(
  db: Queryable,
  filter: {
    /** Whose; undefined: everybody's. */
    readonly customerId: string | undefined
    readonly status: CreditNoteStatus | undefined
    readonly before: string | undefined
    readonly limit: number
  },
): Promise<CreditNoteSummary[]> {
  const { customerId, status, before, limit } = filter
  return db.many(
    CreditNoteSummary,
    sql`select ${summary} from credit_notes n
      ${where(
        given(customerId, (id) => sql`n.customer_id = ${id}::uuid`),
        given(status, (one) => ofKind(sql`n.status, n.id`, one, { before })),
        given(status === undefined ? before : undefined, (id) => sql`n.id < ${id}::uuid`),
      )}
      order by ${status === undefined ? sql`` : sql`n.status desc,`} n.id desc limit ${limit}`,
  )
}

export function tradeCreditNotesOf(
  db: Queryable,
  traderId: string,
  after: string | undefined,
  limit: number,
) {
  return db.many(
    TradeCreditNote,
    sql`select id, status, external_reference as "externalReference", ${total} from credit_notes
      ${where(
        sql`trader_id = ${traderId}`,
        given(after, (reference) => sql`external_reference > ${reference}`),
      )}
      order by external_reference limit ${limit}`,
  )
}

export function sumsOfTrader(db: Queryable, traderId: string) {
  return db.many(
    TradeCreditSum,
    sql`with own as (
        select n.status, n.total_amount, n.total_currency, l.lines, l.units
          from credit_notes n, lateral (
            select count(*) as lines, sum(quantity)::bigint as units from credit_note_lines where credit_note_id = n.id
          ) as l
          where n.trader_id = ${traderId}
      )
      select status, count(*)::int as "creditNotes", sum(lines)::bigint as lines, sum(units)::bigint as units,
          json_build_object('amount', sum(total_amount), 'currency', total_currency) as total
        from own group by status, total_currency order by status`,
  )
}
