import { sql, type Queryable, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { Stock, type Movement } from './contract.ts'

export const stockColumns = sql`sku, received, corrections, available, reserved, sold, written_off as "writtenOff", low_at as "lowAt"`

export const Low = z.object({ sku: z.string(), available: z.int(), lowAt: z.int() })
type Low = z.infer<typeof Low>

type Entry = Omit<z.infer<typeof Movement>, 'number' | 'reason' | 'reference' | 'note'> & {
  readonly reason?: string | undefined
  readonly reference?: string | undefined
  readonly note?: string | undefined
}

/** @returns undefined for a SKU that has no shelf. */
export function findStock(db: Queryable, sku: string) {
  return db.maybeOne(Stock, sql`select ${stockColumns} from stock where sku = ${sku}`)
}

/** Locks a shelf. @returns what is on it before the change. */
export async function lockShelf(db: WriteDatabase, sku: string) {
  await db.run(sql`select 1 from shelves where sku = ${sku} for no key update`)
  return findStock(db, sku)
}

/** Goods come in; the first ones of a SKU make its shelf. */
export async function receive(db: WriteDatabase, sku: string, entry: Entry) {
  await db.run(sql`
    with entered as (${enter(sku, entry)})
    insert into shelves as s (sku, received, available) values (${sku}, ${entry.quantity}, ${entry.quantity})
      on conflict (sku) do update set received = s.received + ${entry.quantity}, available = s.available + ${entry.quantity}`)
  return db.one(Stock, sql`select ${stockColumns} from stock where sku = ${sku}`)
}

/** A locked shelf has more (+) or less (-) than the books say. */
export async function correct(db: WriteDatabase, sku: string, entry: Entry) {
  await db.run(sql`
    with entered as (${enter(sku, entry)})
    update shelves set corrections = corrections + ${entry.quantity}, available = available + ${entry.quantity} where sku = ${sku}`)
  return db.one(Stock, sql`select ${stockColumns} from stock where sku = ${sku}`)
}

/** @returns the mark that was reached by a change, none when it was reached before or isn't now. */
export function ranLow(before: Stock, { sku, available, lowAt }: Stock): Low[] {
  const wasLow = before.lowAt !== null && before.available <= before.lowAt
  return lowAt !== null && available <= lowAt && !wasLow ? [{ sku, available, lowAt }] : []
}

function enter(sku: string, { kind, quantity, reason, reference, note, at }: Entry) {
  return sql`insert into movements (sku, kind, quantity, reason, reference, note, at)
    values (${sku}, ${kind}, ${quantity}, ${reason ?? null}, ${reference ?? null}, ${note ?? null}, ${at})`
}
