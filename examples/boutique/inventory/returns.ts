import { sql, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { lockShelvesOf } from './reservations.ts'

interface ReturnedLine {
  readonly sku: string
  readonly quantity: number
  readonly disposition: 'restock' | 'writeOff'
}

interface GoodsBack {
  restocked: number
  writtenOff: number
}

const TakenBack = z.object({ at: z.string() })
const Left = z.object({ sku: z.string(), left: z.int() })

/** @returns when the goods of a return were taken back, if they were. */
export async function findTakeBack(db: WriteDatabase, returnId: string): Promise<string | undefined> {
  const found = await db.maybeOne(
    TakenBack,
    sql`select taken_back_at as at from take_backs where return_id = ${returnId}`,
  )
  return found?.at
}

/**
 * Takes goods of a sold order back. Its reservation is locked.
 * @returns the first SKU of which more came than was out; then nothing is taken back.
 */
export async function takeGoodsBack(
  db: WriteDatabase,
  { returnId, orderId, lines, at }: { returnId: string; orderId: string; lines: ReturnedLine[]; at: string },
) {
  const out = await db.many(
    Left,
    sql`select sku, quantity - back as left from reservation_lines where order_id = ${orderId}`,
  )
  const left = new Map(out.map((line) => [line.sku, line.left]))
  const back = [...bySku(lines)].filter(([sku]) => left.has(sku))
  const tooMany = back
    .map(([sku, { restocked, writtenOff }]) => ({
      sku,
      quantity: restocked + writtenOff,
      left: left.get(sku) ?? 0,
    }))
    .find((line) => line.quantity > line.left)
  if (tooMany) return tooMany
  await lockShelvesOf(db, orderId)
  await db.run(sql`
    with back as (
        select *, restocked + written_off as quantity
          from unnest(${back.map(([sku]) => sku)}::text[], ${back.map(([, goods]) => goods.restocked)}::bigint[],
            ${back.map(([, goods]) => goods.writtenOff)}::bigint[]) as b (sku, restocked, written_off)),
      kept as (insert into take_backs (return_id, order_id, taken_back_at) values (${returnId}, ${orderId}, ${at})),
      lines as (
        update reservation_lines l set back = l.back + b.quantity from back b where l.order_id = ${orderId} and l.sku = b.sku),
      entered as (
        insert into movements (sku, kind, quantity, reference, at)
          select sku, kind, change, ${returnId}, ${at}
            from back, lateral (values (1, 'return', quantity), (2, 'writeOff', -written_off)) as m (turn, kind, change)
            where change <> 0 order by sku, turn)
    update shelves s
      set taken = s.taken - b.quantity, available = s.available + b.restocked, written_off = s.written_off + b.written_off
      from back b where b.sku = s.sku`)
  return undefined
}

function bySku(lines: readonly ReturnedLine[]): Map<string, GoodsBack> {
  const back = new Map<string, GoodsBack>()
  for (const { sku, quantity, disposition } of lines) {
    const goods = back.get(sku) ?? { restocked: 0, writtenOff: 0 }
    goods[disposition === 'restock' ? 'restocked' : 'writtenOff'] += quantity
    back.set(sku, goods)
  }
  return back
}
