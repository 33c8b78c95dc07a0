import { sql, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { Money } from '../../shared.ts'
import type { Command } from '../context.ts'
import { lockOrder } from '../locked-order.ts'
import type { Return } from './contract.ts'

interface Request {
  readonly id: string
  readonly lines: readonly { number: number; quantity: number }[]
  readonly reason?: string | undefined
}

/** Asks to send goods back. Whoever asks locks the order first: two requests never count the same pieces. */
export async function requestReturn(
  { id: orderId, lines: requested, reason }: Request,
  { db, errors, id, now }: Command<'requestReturn'>,
): Promise<z.infer<typeof Return>> {
  const order = await lockOrder(db, orderId)
  if (!order) throw errors.ORDER_NOT_FOUND()
  const { status, customerId } = order
  if (status !== 'dispatched' && status !== 'delivered') throw errors.NOT_DISPATCHED({ status })
  const asked = byNumber(requested)
  const bought = await boughtLines(db, orderId, [...asked.keys()])
  const unknown = [...asked.keys()].filter((number) => !bought.some((line) => line.number === number))
  if (unknown.length > 0) throw errors.LINES_UNKNOWN({ numbers: unknown })
  const tooMany = bought
    .map(({ number, left }) => ({ number, requested: asked.get(number) ?? 0, left }))
    .filter((line) => line.requested > line.left)
  if (tooMany.length > 0) throw errors.MORE_THAN_BOUGHT({ lines: tooMany })
  const lines = bought.map(({ number, sku, name, price }) => ({
    number,
    sku,
    name,
    price,
    quantity: asked.get(number) ?? 0,
    disposition: null,
  }))
  const amount = lines.reduce((sum, line) => sum + line.quantity * line.price.amount, 0)
  const asReturn = {
    id: id(),
    orderId,
    customerId,
    status: 'requested' as const,
    refund: { amount, currency: order.total.currency },
    reason: reason ?? null,
    requestedAt: now(),
    lines,
  }
  await insertReturn(db, asReturn)
  return { ...asReturn, refusal: null, decidedAt: null, refundedAt: null }
}

/** A line that is named twice is asked for with both quantities. */
function byNumber(lines: Request['lines']): Map<number, number> {
  const asked = new Map<number, number>()
  for (const { number, quantity } of lines) asked.set(number, (asked.get(number) ?? 0) + quantity)
  return asked
}

const BoughtLine = z.object({
  number: z.int(),
  sku: z.string(),
  name: z.string(),
  price: Money,
  left: z.int(),
})

/** What is left of the lines of a locked order: bought, and not asked for by a return that wasn't refused. */
function boughtLines(db: WriteDatabase, orderId: string, numbers: readonly number[]) {
  return db.many(
    BoughtLine,
    sql`select l.number, l.sku, l.name, json_build_object('amount', l.price_amount, 'currency', l.price_currency) as price,
        l.quantity - coalesce(back.quantity, 0) as left
      from order_lines l left join (
        select rl.number, sum(rl.quantity)::bigint as quantity
          from return_lines rl join returns r on r.id = rl.return_id
          where rl.order_id = ${orderId} and r.status <> 'refused' group by rl.number
      ) as back on back.number = l.number
      where l.order_id = ${orderId} and l.number = any(${numbers}::integer[]) order by l.number`,
  )
}

type NewReturn = Pick<
  z.infer<typeof Return>,
  'id' | 'orderId' | 'refund' | 'reason' | 'requestedAt' | 'lines'
>

async function insertReturn(db: WriteDatabase, asked: NewReturn): Promise<void> {
  const { id, orderId, refund, reason, requestedAt, lines } = asked
  await db.run(sql`
    with asked as (
      insert into returns (id, order_id, status, refund_amount, refund_currency, reason, requested_at)
      values (${id}, ${orderId}, 'requested', ${refund.amount}, ${refund.currency}, ${reason}, ${requestedAt})
    )
    insert into return_lines (return_id, order_id, number, quantity)
    select ${id}, ${orderId}, l.number, l.quantity
      from unnest(${lines.map((line) => line.number)}::integer[], ${lines.map((line) => line.quantity)}::bigint[]) as l (number, quantity)`)
}
