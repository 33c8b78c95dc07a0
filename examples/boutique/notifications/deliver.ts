import { activity, sql } from 'archipel'
import { z } from 'zod'
import { users } from '../users/contract.ts'
import { Kind, notifications, NotificationStatus } from './contract.ts'
import { NotSentError, type MailSender } from './mail-sender.ts'
import { Details, oneLine, textOf } from './templates.ts'

const Queued = z.object({
  personId: z.string(),
  orderId: z.string(),
  kind: Kind,
  status: NotificationStatus,
  details: Details,
  unwanted: z.boolean(),
})

/**
 * One letter. Mail servers know no keys, so it is sent at most once by us: what certainly was not accepted is tried
 * again for a day, what is unknown is listed for a person. The letter's Message-ID is made from the key, so that a
 * letter that a person sends again can be told from a new one.
 */
export function deliverActivity(mail: MailSender) {
  const { input, output, errors } = notifications.operations.deliver
  return activity('deliver', {
    input,
    output,
    errors,
    effects: { mail },
    uses: { users },
    repeat: 'never',
    retry: { first: '500ms', longest: '1m' },
    atOnce: mail.atOnce,
  })
    .intend(async ({ notificationId }, { db, errors, key, now }) => {
      const queued = await db.maybeOne(
        Queued,
        sql`select n.person_id as "personId", n.order_id as "orderId", n.kind, n.status, n.details,
            n.kind = any(coalesce(p.unwanted, '{}')) as unwanted
          from notifications n left join preferences p on p.person_id = n.person_id
          where n.id = ${notificationId} for update of n`,
      )
      if (!queued) throw errors.NOTIFICATION_NOT_FOUND()
      const { personId, orderId, kind, details, unwanted } = queued
      const messageId = `<${key}@boutique.example>`
      // Another key is at it, or was.
      if (queued.status !== 'queued') throw errors.ALREADY_DELIVERED()
      if (unwanted) {
        // The person has changed their mind since: it is on record before anything else can happen.
        await db.run(
          sql`update notifications set status = 'unwanted', ended_at = ${now()} where id = ${notificationId}`,
        )
        return { letter: null }
      }
      await db.run(
        sql`update notifications set status = 'sending', message_id = ${messageId} where id = ${notificationId}`,
      )
      return { letter: { personId, orderId, kind, details, messageId } }
    })
    .effect(async ({ letter }, { mail, users, signal, nothingSent }) => {
      if (letter === null) return { status: 'unwanted' as const }
      const { personId, orderId, kind, details, messageId } = letter
      const found = await users.try.getContact({ id: personId })
      if (!found.ok) {
        if (found.error.code === 'CUSTOMER_NOT_FOUND') return { status: 'gone' as const }
        throw nothingSent(found.error)
      }
      const { name, email } = found.value
      try {
        const to = { name: oneLine(name), address: email }
        return await mail.send({ messageId, to, ...textOf(kind, { ...details, name, orderId }) }, signal)
      } catch (error) {
        throw error instanceof NotSentError ? nothingSent(error) : error
      }
    })
    .settle(async (outcome, { db, input, now }) => {
      const { status } = outcome
      const reason = outcome.status === 'refused' ? outcome.reason : null
      await db.run(
        sql`update notifications set status = ${status}, reason = ${reason}, ended_at = ${now()}
          where id = ${input.notificationId} and ended_at is null`,
      )
      return { status }
    })
}
