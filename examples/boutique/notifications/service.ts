import { service, sql } from 'archipel'
import { z } from 'zod'
import { pageById } from '../shared.ts'
import { Kind, Notification, notifications } from './contract.ts'
import { deliverActivity } from './deliver.ts'
import type { MailSender } from './mail-sender.ts'
import { NEWS, announcementOf, putOnRecord } from './tell-customers.ts'
import { given, where } from '../where.ts'

const Unwanted = z.object({ unwanted: z.array(z.string()) })

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
          ${where(
            given(whose, (id) => sql`person_id = ${id}::uuid`),
            given(orderId, (id) => sql`order_id = ${id}::uuid`),
            given(cursor, (id) => sql`id < ${id}::uuid`),
          )}
          order by id desc limit ${limit + 1}`,
      )
      return pageById(rows, limit)
    })
    .operation('deliver', deliver)
    .onPage(
      NEWS,
      // Nobody wants to read today what happened to the orders of former years.
      { name: 'tell-customers', from: 'now', onPoison: 'skip' },
      async (events, { db, of, now }) => {
        const told = events.flatMap((event) => {
          const announcement = announcementOf(event)
          return announcement ? [{ event, announcement }] : []
        })
        const announcements = told.map(({ announcement }) => announcement)
        const wanted = await putOnRecord(db, announcements, now())
        for (const { event, announcement } of told) {
          const { notificationId } = announcement
          if (wanted.has(notificationId)) of(event).start.deliver(notificationId, announcement)
        }
      },
    )
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
