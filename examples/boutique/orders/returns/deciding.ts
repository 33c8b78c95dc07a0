import { sql, type WriteDatabase } from 'archipel'
import type { z } from 'zod'
import type { Command } from '../context.ts'
import type { Disposition, Return } from './contract.ts'
import { lockReturn } from './reads.ts'

type Decided = z.infer<typeof Return>
type Disposed = { readonly number: number; readonly disposition: z.infer<typeof Disposition> }

/** The goods are wanted back: from here on the refund goes its own way. */
export async function approveReturn(
  { id, lines: disposed }: { id: string; lines: readonly Disposed[] },
  { db, start, errors, now }: Command<'approveReturn'>,
): Promise<Decided> {
  const asked = await lockReturn(db, id)
  if (!asked) throw errors.RETURN_NOT_FOUND()
  if (asked.status !== 'requested') throw errors.RETURN_DECIDED({ status: asked.status })
  const { missing, wrong } = mismatch(asked.lines, disposed)
  if (missing.length > 0 || wrong.length > 0) throw errors.LINES_WRONG({ missing, wrong })
  const decidedAt = now()
  await db.run(sql`
    with decided as (update returns set status = 'approved', decided_at = ${decidedAt} where id = ${id})
    update return_lines l set disposition = d.disposition
      from unnest(${disposed.map((line) => line.number)}::integer[], ${disposed.map((line) => line.disposition)}::text[])
        as d (number, disposition)
      where l.return_id = ${id} and l.number = d.number`)
  const dispositions = new Map(disposed.map((line) => [line.number, line.disposition]))
  const lines = asked.lines.map((line) => ({ ...line, disposition: dispositions.get(line.number) ?? null }))
  const goods = lines.flatMap(({ sku, quantity, disposition }) =>
    disposition === null ? [] : [{ sku, quantity, disposition }],
  )
  const { orderId, refund } = asked
  start.processReturn(id, { returnId: id, orderId, refund, goods })
  return { ...asked, status: 'approved', decidedAt, lines }
}

/** Every line that was asked for is named once, and nothing else is. */
function mismatch(asked: readonly { number: number }[], disposed: readonly Disposed[]) {
  const left = new Set(asked.map((line) => line.number))
  const wrong = disposed.filter((line) => !left.delete(line.number)).map((line) => line.number)
  return { missing: [...left], wrong }
}

export async function refuseReturn(
  { id, reason }: { id: string; reason: string },
  { db, errors, now }: Command<'refuseReturn'>,
): Promise<Decided> {
  const asked = await lockReturn(db, id)
  if (!asked) throw errors.RETURN_NOT_FOUND()
  if (asked.status !== 'requested') throw errors.RETURN_DECIDED({ status: asked.status })
  const decidedAt = now()
  await refuse(db, { id, refusal: reason, decidedAt })
  return { ...asked, status: 'refused', refusal: reason, decidedAt }
}

/** The goods are back and the money is too. */
export async function completeReturn(
  { returnId }: { returnId: string },
  { db, publish, errors, now }: Command<'completeReturn'>,
): Promise<{ refundedAt: string }> {
  const approved = await lockReturn(db, returnId)
  if (!approved) throw errors.RETURN_NOT_FOUND()
  const refundedAt = now()
  await db.run(
    sql`update returns set status = 'refunded', refunded_at = ${refundedAt} where id = ${returnId}`,
  )
  const { orderId, customerId, refund, country, source, lines } = approved
  publish.returnRefunded({ returnId, orderId, customerId, refund, at: refundedAt, country, source, lines })
  return { refundedAt }
}

/** The card processor pays nothing back: what was asked for may be asked for again. */
export async function failReturn(
  { returnId, code }: { returnId: string; code: string },
  { db, errors, now }: Command<'failReturn'>,
): Promise<{ failedAt: string }> {
  const approved = await lockReturn(db, returnId)
  if (!approved) throw errors.RETURN_NOT_FOUND()
  const failedAt = now()
  await refuse(db, { id: returnId, refusal: code, decidedAt: failedAt })
  return { failedAt }
}

async function refuse(db: WriteDatabase, refused: { id: string; refusal: string; decidedAt: string }) {
  const { id, refusal, decidedAt } = refused
  await db.run(
    sql`update returns set status = 'refused', refusal = ${refusal}, decided_at = ${decidedAt} where id = ${id}`,
  )
}
