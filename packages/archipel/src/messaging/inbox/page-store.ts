import { loggedEvent } from '../brokers/embedded/event-log.ts'
import type { PageStore } from '../types.ts'
import { refusedToFormerOwner } from './inbox-store.ts'

/** The inbox in the schema of the subscribing service and the log in the same database, asked in one go. */
export const pageStore: PageStore = {
  async take(transaction, { service, name }, fence, { after, upTo, limit }) {
    const rows = await refusedToFormerOwner(
      name,
      transaction.query({
        name: 'archipel_page',
        text: 'select at, publisher, type, key, event, doubtful from archipel_page($1, $2, $3, $4, $5, $6)',
        values: [service, name, fence, after, upTo, limit],
      }),
    )
    return { events: rows.map(loggedEvent), doubtful: rows[0]?.['doubtful'] === true }
  },
}
