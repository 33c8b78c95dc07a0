import { service, sql } from 'archipel'
import { z } from 'zod'
import { orders } from '../orders/contract.ts'
import { Id, Money, pageById } from '../shared.ts'
import { Kind, Notification, notifications, NotificationStatus } from './contract.ts'
import { deliverActivity } from './deliver.ts'
import type { MailSender } from './mail-sender.ts'
import type { Details } from './templates.ts'

/** What the events of an order have in common, as far as a letter says it. */
const News = z.object({
  orderId: Id,
  customerId: Id,
  total: Money.optional(),
  refund: Money.optional(),
  source: z.string().optional(),
  trackingNumber: z.string().optional(),
  rejection: z.object({ code: z.string() }).optional(),
})

const { orderPlaced, orderCompleted, orderDispatched, orderRejected, orderRefunded, returnRefunded } =
  orders.events
const KINDS: Readonly<Record<string, Kind>> = {
  [orderPlaced.type]: 'orderReceived',
  [orderCompleted.type]: 'orderPaid',
  [orderDispatched.type]: 'orderDispatched',
  [orderRejected.type]: 'orderRejected',
  [orderRefunded.type]: 'orderRefunded',
  [returnRefunded.type]: 'orderRefunded',
}

const Unwanted = z.object({ unwanted: z.array(z.string()) })
const Decided = z.object({ status: NotificationStatus })

/** @param mail the way to the mail server outside. */
export function createNotificationsService(mail: MailSender) {
  const deliver = deliverActivity(mail)
  return service(notifications, {
    database: { migrations: new URL('./migrations/', import.meta.url) },
    activities: [deliver],
  })
    .operation('getPreferences', async (_input, { db, principal }) => {
      const chosen = await db.maybeOne(
        Unwanted,
        sql`select unwanted from preferences where person_id = ${principal.id}`,
      )
      return preferencesOf(principal.id, chosen?.unwanted ?? [])
    })
    .operation('setPreferences', async (wanted, { db, principal }) => {
      const unwanted = Kind.options.filter((kind) => !wanted[kind])
      await db.run(
        sql`insert into preferences (person_id, unwanted) values (${principal.id}, ${unwanted})
          on conflict (person_id) do update set unwanted = excluded.unwanted`,
      )
      return preferencesOf(principal.id, unwanted)
    })
    .operation('listNotifications', async ({ personId, orderId, cursor, limit }, { db, principal }) => {
      const whose = principal.roles.includes('support') ? personId : principal.id
      const rows = await db.many(
        Notification,
        sql`select id, person_id as "personId", order_id as "orderId", kind, status, reason, message_id as "messageId",
            decided_at as "decidedAt", ended_at as "endedAt"
          from notifications
          where (${whose ?? null}::uuid is null or person_id = ${whose ?? null}::uuid)
            and (${orderId ?? null}::uuid is null or order_id = ${orderId ?? null}::uuid)
            and (${cursor ?? null}::uuid is null or id < ${cursor ?? null}::uuid)
          order by id desc limit ${limit + 1}`,
      )
      return pageById(rows, limit)
    })
    .operation('deliver', deliver)
    .on(
      [orderPlaced, orderCompleted, orderDispatched, orderRejected, orderRefunded, returnRefunded],
      // Nobody wants to read today what happened to the orders of former years.
      { name: 'tell-customers', from: 'now', onPoison: 'skip' },
      async ({ id, type, data }, { db, start, now }) => {
        const kind = KINDS[type]
        const news = News.parse(data)
        // A trader tells its customers itself.
        if (kind === undefined || news.source === 'trade') return
        const { customerId, orderId } = news
        const { status } = await db.one(
          Decided,
          sql`with decided as (
              select case when ${kind} = any(coalesce(p.unwanted, '{}')) then 'unwanted' else 'queued' end as status
                from (select 1) as one left join preferences p on p.person_id = ${customerId}
            )
            insert into notifications (id, person_id, order_id, kind, details, status, decided_at, ended_at)
              select ${id}, ${customerId}, ${orderId}, ${kind}, ${JSON.stringify(detailsOf(news))}, status, ${now()},
                  case status when 'unwanted' then ${now()}::timestamptz end
                from decided
              returning status`,
        )
        // Begun only if it is wanted: what is never begun can never be of unknown outcome.
        if (status === 'queued') start.deliver(id, { notificationId: id })
      },
    )
}

function detailsOf({ total, refund, trackingNumber, rejection }: z.infer<typeof News>): Details {
  return {
    amount: refund ?? total ?? { amount: 0, currency: 'GBP' },
    ...(trackingNumber !== undefined && { trackingNumber }),
    ...(rejection && { rejection: rejection.code }),
  }
}

function preferencesOf(personId: string, unwanted: readonly string[]) {
  return {
    personId,
    orderReceived: !unwanted.includes('orderReceived'),
    orderPaid: !unwanted.includes('orderPaid'),
    orderDispatched: !unwanted.includes('orderDispatched'),
    orderRejected: !unwanted.includes('orderRejected'),
    orderRefunded: !unwanted.includes('orderRefunded'),
  }
}
