import {
  ArchipelError,
  operatorAccess,
  operatorOperation,
  page,
  query,
  type OperatorOperations,
} from 'archipel'
import { z } from 'zod'
import type { Mailbox } from './start.ts'
import type { KeptMessage } from './store.ts'

const Message = z.object({
  number: z.int(),
  receivedAt: z.iso.datetime(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  messageId: z.string().nullable(),
})
const WholeMessage = Message.extend({ text: z.string(), source: z.string() })

/** What operators can read of a mailbox. */
export function mailboxOperations(mailbox: () => Mailbox): OperatorOperations {
  return {
    listMail: operatorOperation(
      query({
        summary: 'Mail that the local mailbox keeps instead of delivering it, the latest first',
        http: { route: 'GET /mail' },
        access: operatorAccess,
        ...page(Message, {}, { cursor: z.string().regex(/^\d{1,15}$/) }),
      }),
      async ({ limit, cursor }) => {
        const before = cursor === undefined ? undefined : Number(cursor)
        const kept = await mailbox().list({ before, limit: limit + 1 })
        const items = kept.slice(0, limit)
        return {
          items: await Promise.all(items.map(async (message) => (await parsed(message)).head)),
          next: kept.length > limit ? String(items.at(-1)?.number) : null,
        }
      },
    ),
    showMail: operatorOperation(
      query({
        http: { route: 'GET /mail/{number}' },
        access: operatorAccess,
        input: z.object({ number: z.int() }),
        output: WholeMessage,
      }),
      async ({ number }) => {
        const kept = await mailbox().find(number)
        if (!kept)
          throw new ArchipelError({
            code: 'MAIL_NOT_FOUND',
            kind: 'not-found',
            declaredBy: 'operations',
            message: `there is no message ${number} in the mailbox; it keeps the latest only`,
          })
        const { head, text } = await parsed(kept)
        return { ...head, text, source: kept.raw.toString('utf8') }
      },
    ),
  }
}

async function parsed({ number, receivedAt, from, to, raw }: KeptMessage) {
  // Its parser is loaded when the first message is read: most shops start without reading any.
  const { default: PostalMime } = await import('postal-mime')
  const { subject = '', messageId = null, text = '' } = await PostalMime.parse(raw)
  const head = { number, receivedAt: receivedAt.toISOString(), from, to, subject, messageId }
  return { head, text }
}
