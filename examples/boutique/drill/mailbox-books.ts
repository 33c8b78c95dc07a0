import PostalMime from 'postal-mime'
import { z } from 'zod'
import type { WholeDatabase } from './finding.ts'

/** A message as it lies in the mailbox. */
export interface Letter {
  readonly messageId: string
  readonly subject: string
  /** The order that its text names. */
  readonly orderId: string
}

const Row = z.object({ raw: z.instanceof(Buffer) })
const AN_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/

/** What came in at the mail server, by its own table. */
export async function readMailbox(mailbox: WholeDatabase): Promise<Letter[]> {
  const { rows } = await mailbox.query('select raw from mailbox.messages order by number', [])
  return Promise.all(
    rows.map(async (row) => {
      const { messageId = '', subject = '', text = '' } = await PostalMime.parse(Row.parse(row).raw)
      return { messageId, subject, orderId: AN_ID.exec(text)?.[0] ?? '' }
    }),
  )
}
