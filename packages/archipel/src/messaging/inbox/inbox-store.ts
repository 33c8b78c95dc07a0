import { frameworkError } from '../../errors/index.ts'
import type { Row, ServiceDatabase } from '../../storage/index.ts'
import type { InboxStore } from '../types.ts'

/** What the inbox's functions raise when the fence isn't the caller's any more. */
const OWNERSHIP_LOST = 'AR001'

/** Whether the server refused a write because another instance owns the subscription now. */
export function isOwnershipLost(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === OWNERSHIP_LOST || error.code === 'ARC_OWNERSHIP_LOST')
  )
}

/** @throws ARC_OWNERSHIP_LOST where the server refused because of the fence. */
export async function refusedToFormerOwner(subscription: string, asked: Promise<Row[]>): Promise<Row[]> {
  try {
    return await asked
  } catch (error) {
    if (!isOwnershipLost(error)) throw error
    const message = `Subscription '${subscription}' has another owner.`
    throw frameworkError('ARC_OWNERSHIP_LOST', message, { cause: error })
  }
}

/** The inbox in the schema of the subscribing service. */
export function createInboxStore(_database: ServiceDatabase): InboxStore {
  return {
    async open(transaction, subscription, fence, events) {
      const statement = {
        name: 'archipel_inbox_open',
        text: 'select handled, parked from archipel_open($1, $2, $3, $4)',
        values: [
          subscription,
          fence,
          events.map((event) => event.position),
          [...new Set(events.map((event) => event.key))],
        ],
      }
      const [row] = await refusedToFormerOwner(subscription, transaction.query(statement))
      const { handled, parked } = row as { handled: number[]; parked: string[] }
      return { handled: new Set(handled), parkedKeys: new Set(parked) }
    },
    handled: (subscription, fence, positions, position) => ({
      name: 'archipel_inbox_handled',
      text: 'select archipel_handled($1, $2, $3, $4)',
      values: [subscription, fence, positions, position],
    }),
  }
}
