import { activity, sql } from 'archipel'
import { z } from 'zod'
import { users } from '../users/contract.ts'
import { Details, Kind, notifications } from './contract.ts'
import { NotSentError, type MailSender } from './mail-sender.ts'
import { oneLine, textOf } from './templates.ts'

/** The same for each sending of a letter: one that a person sends again can be told from a new one. */
export function messageIdOf(notificationId: string): string {
  return `<${notificationId}@boutique.example>`
}

/**
 * One letter. Mail servers know no keys, so it is sent at most once by us: what certainly was not accepted is tried
 * again for a day, what is unknown is listed for a person.
 */
export function deliverActivity(mail: MailSender) {
  const { input, output } = notifications.operations.deliver
  return activity('deliver', {
    input,
    output,
    effects: { mail },
    uses: { users },
    repeat: 'never',
    retry: { first: '500ms', longest: '1m' },
    atOnce: mail.atOnce,
  })
    .intend(async ({ notificationId, letter }, { db }) => {
      if (letter) return { letter: { ...letter, messageId: messageIdOf(notificationId) } }
      // Asked for by the former version, which left it to the row what to say.
      const queued = await db.maybeOne(
        Queued,
        sql`update notifications set status = 'sending', message_id = ${messageIdOf(notificationId)}
          where id = ${notificationId} and status = 'queued'
          returning person_id as "personId", order_id as "orderId", kind, details, message_id as "messageId"`,
      )
      return { letter: queued ?? null }
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

const Queued = z.object({
  personId: z.string(),
  orderId: z.string(),
  kind: Kind,
  details: Details,
  messageId: z.string(),
})
