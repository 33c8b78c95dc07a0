import type { Pool } from 'pg'
import type { MailSender } from '../../examples/boutique/notifications/mail-sender.ts'
import type { Details, Kind } from '../../examples/boutique/notifications/contract.ts'
import { oneLine, textOf } from '../../examples/boutique/notifications/templates.ts'
import { ask, expectRows, type Pools } from './by-hand-database.ts'

interface Letter {
  readonly id: string
  readonly person_id: string
  readonly order_id: string
  readonly kind: Kind
  readonly details: Details
  readonly message_id: string
}

interface Contact {
  readonly id: string
  readonly name: string
  readonly email: string
}

interface Outcome {
  readonly id: string
  readonly status: 'sent' | 'refused' | 'gone'
  readonly reason: string | null
}

/** One takes and settles while the other one sends. */
const CREWS = 2

export interface Letters {
  /** There may be some to send. */
  waiting(): void
  stop(): Promise<void>
}

/**
 * Sends what is queued, at most once: so many as the mail server is given at once are marked before the first of them
 * leaves. One that stays marked may have been sent, and waits for a person.
 */
export function startLetters({ notifications, users }: Pools, mail: MailSender): Letters {
  let more = false
  const running = new Set<Promise<void>>()

  async function sendAll(): Promise<void> {
    while (more) {
      more = false
      const letters = await take(notifications, mail.atOnce / CREWS)
      if (letters.length === 0) return
      more = true
      const contacts = await contactsOf(users, letters)
      const outcomes = await Promise.allSettled(
        letters.map((letter) => send(mail, letter, contacts.get(letter.person_id))),
      )
      for (const one of outcomes) if (one.status === 'rejected') console.error(one.reason)
      const known = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      await settle(notifications, known)
    }
  }

  return {
    waiting() {
      more = true
      while (running.size < CREWS) {
        const crew = sendAll()
          .catch((failure: unknown) => console.error(failure))
          .finally(() => running.delete(crew))
        running.add(crew)
      }
    },
    async stop() {
      await Promise.all(running)
    },
  }
}

function take(pool: Pool, most: number): Promise<Letter[]> {
  return ask<Letter>(
    pool,
    'take-letters',
    `update notifications set status = 'sending'
      where id = any (array(select id from notifications where status = 'queued' order by id limit $1 for update skip locked))
      returning id, person_id, order_id, kind, details, message_id`,
    [most],
  )
}

/** Name and address as they are now. */
async function contactsOf(pool: Pool, letters: readonly Letter[]): Promise<Map<string, Contact>> {
  const rows = await ask<Contact>(pool, 'contacts', 'select id, name, email from users where id = any($1)', [
    [...new Set(letters.map((letter) => letter.person_id))],
  ])
  return new Map(rows.map((contact) => [contact.id, contact]))
}

async function send(mail: MailSender, letter: Letter, contact: Contact | undefined): Promise<Outcome> {
  const { id, order_id: orderId, kind, details, message_id: messageId } = letter
  if (!contact) return { id, status: 'gone', reason: null }
  const { name, email } = contact
  const to = { name: oneLine(name), address: email }
  const text = textOf(kind, { ...details, name, orderId })
  const outcome = await mail.send({ messageId, to, ...text }, AbortSignal.timeout(15_000))
  return { id, status: outcome.status, reason: outcome.status === 'refused' ? outcome.reason : null }
}

async function settle(pool: Pool, outcomes: readonly Outcome[]): Promise<void> {
  const settled = await ask(
    pool,
    'settle-letters',
    `update notifications n set status = o.status, reason = o.reason, ended_at = now()
      from unnest($1::uuid[], $2::text[], $3::text[]) as o (id, status, reason) where n.id = o.id
        and n.id = any($1) and n.ended_at is null returning n.id`,
    [
      outcomes.map(({ id }) => id),
      outcomes.map(({ status }) => status),
      outcomes.map(({ reason }) => reason),
    ],
  )
  expectRows(settled, outcomes.length, 'outcomes of letters')
}
