import { sql, type HandledEvent, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { orders } from '../orders/contract.ts'
import { Id } from '../shared.ts'
import type { Details, Kind } from './contract.ts'
import { messageIdOf } from './deliver.ts'

const { orderPlaced, orderCompleted, orderDispatched, orderRejected, orderRefunded, returnRefunded } =
  orders.events

/** What customers are told of. */
export const NEWS = [
  orderPlaced,
  orderCompleted,
  orderDispatched,
  orderRejected,
  orderRefunded,
  returnRefunded,
] as const
type News = HandledEvent<(typeof NEWS)[number]>

const KINDS: Readonly<Record<News['type'], Kind>> = {
  [orderPlaced.type]: 'orderReceived',
  [orderCompleted.type]: 'orderPaid',
  [orderDispatched.type]: 'orderDispatched',
  [orderRejected.type]: 'orderRejected',
  [orderRefunded.type]: 'orderRefunded',
  [returnRefunded.type]: 'orderRefunded',
}

/** What one piece of news makes us say to one person. */
export interface Announcement {
  /** Of the event that it tells of: one event is told once. */
  readonly notificationId: string
  readonly letter: {
    readonly personId: string
    readonly orderId: string
    readonly kind: Kind
    readonly details: Details
  }
}

/** @returns undefined for what nobody is told of. */
export function announcementOf({ id, type, data }: News): Announcement | undefined {
  // A trader tells its customers itself.
  if (data.source === 'trade') return undefined
  const { customerId, orderId } = data
  const details = {
    amount: 'refund' in data ? data.refund : data.total,
    ...('trackingNumber' in data && { trackingNumber: data.trackingNumber }),
    ...('rejection' in data && { rejection: data.rejection.code }),
  }
  return { notificationId: id, letter: { personId: customerId, orderId, kind: KINDS[type], details } }
}

const Wanted = z.object({ id: Id })

/**
 * Puts on record what is to be said, and what is not because the person does not want it. What is not even begun can
 * never be of unknown outcome. @returns the ids of what is wanted.
 */
export async function putOnRecord(
  db: WriteDatabase,
  announcements: readonly Announcement[],
  at: string,
): Promise<ReadonlySet<string>> {
  if (announcements.length === 0) return new Set()
  const rows = announcements.map(({ notificationId, letter }) => ({
    id: notificationId,
    messageId: messageIdOf(notificationId),
    ...letter,
  }))
  const wanted = await db.many(
    Wanted,
    sql`with decided as (
        select n.*, n.kind <> all (coalesce((select unwanted from preferences where person_id = n."personId"), '{}')) as wanted
        from jsonb_to_recordset(${JSON.stringify(rows)}) as n (
            id uuid, "messageId" text, "personId" uuid, "orderId" uuid, kind text, details jsonb
          )
      ), noted as (
        insert into notifications (id, person_id, order_id, kind, details, status, message_id, decided_at, ended_at)
        select id, "personId", "orderId", kind, details, case when wanted then 'sending' else 'unwanted' end,
          case when wanted then "messageId" end, ${at}, case when not wanted then ${at}::timestamptz end
        from decided
      )
      select id from decided where wanted`,
  )
  return new Set(wanted.map(({ id }) => id))
}
