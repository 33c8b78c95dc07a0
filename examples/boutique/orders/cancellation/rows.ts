import { sql, type Queryable, type WriteDatabase } from 'archipel'
import type { z } from 'zod'
import { Cancellation, type CancellationStatus } from './contract.ts'

interface NewCancellation {
  readonly id: string
  readonly orderId: string
  readonly requestedAt: string
}

/** Marks a locked order as asked to be called off. */
export async function insertCancellation(db: WriteDatabase, cancellation: NewCancellation): Promise<void> {
  const { id, orderId, requestedAt } = cancellation
  await db.run(sql`
    with asked as (
      insert into cancellations (id, order_id, status, requested_at) values (${id}, ${orderId}, 'requested', ${requestedAt})
    )
    update orders set open_cancellation = ${id} where id = ${orderId}`)
}

interface Answer {
  readonly orderId: string
  readonly cancellationId: string
  readonly status: Exclude<z.infer<typeof CancellationStatus>, 'requested'>
  readonly reason?: string | undefined
  readonly at: string
}

/** Answers the open request of a locked order; one that was answered keeps its answer. */
export async function answerCancellation(
  db: WriteDatabase,
  { orderId, cancellationId, status, reason, at }: Answer,
): Promise<void> {
  await db.run(sql`
    with answered as (
      update cancellations set status = ${status}, reason = ${reason ?? null}, answered_at = ${at}
        where id = ${cancellationId} and status = 'requested'
    )
    update orders set open_cancellation = null where id = ${orderId} and open_cancellation = ${cancellationId}`)
}

/** The latest one of an order. */
export function findCancellation(db: Queryable, orderId: string) {
  return db.maybeOne(
    Cancellation,
    sql`select c.id, c.order_id as "orderId", o.customer_id as "customerId", c.status, c.reason,
        c.requested_at as "requestedAt", c.answered_at as "answeredAt"
      from cancellations c join orders o on o.id = c.order_id
      where c.order_id = ${orderId} order by c.id desc limit 1`,
  )
}
