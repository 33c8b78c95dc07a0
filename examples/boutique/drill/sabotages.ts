import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isArchipelError, type EventLog, type InboxStore, type Seams, type ServiceDatabase } from 'archipel'
import { z } from 'zod'
import type { ProviderClient } from '../payments/provider-client.ts'

/** A bug as others have shipped it, planted at a seam of the framework or on the way to the card processor. */
interface Sabotage {
  readonly what: string
  readonly seams?: Seams
  readonly provider?: (provider: ProviderClient) => ProviderClient
}

const OfOrder = z.object({ orderId: z.string() })
type Transport = ReturnType<NonNullable<Seams['transport']>>

/** How long a planted bug dawdles at its worst moment: there are kills that would miss a shorter window. */
const WINDOW_MS = 300

/** The comparison of the books knows nothing of these. Each must be found by it. */
export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'publish-after-commit': {
    what: 'events are published in a transaction of their own, after the one that they tell of',
    seams: { eventLog: publishAfterCommit },
  },
  'acknowledge-before-commit': {
    what: 'events count as handled before the transaction that handles them has committed',
    seams: { inboxStore: acknowledgeBeforeCommit },
  },
  'no-inbox': {
    what: 'events are marked as handled in a transaction of its own, after the one that handled them',
    seams: { inboxStore: noInbox },
  },
  'forgets-to-restock': {
    what: 'an order that is called off gives the money back, and its goods are never put back on the shelf',
    seams: { transport: forgetsToRestock },
  },
  'reserves-what-is-not-there': {
    what: 'a reservation that finds too little on the shelf is taken for granted',
    seams: { transport: reservesWhatIsNotThere },
  },
  'refund-without-key': {
    what: 'each try of a refund has a key of its own, so that one whose answer was lost is paid again',
    provider: refundsWithoutKey,
  },
}

const NOTHING = { text: 'select 1', values: [] }
const EMPTY_PAGE = { handled: new Set<number>(), parkedKeys: new Set<string>() }

/** Sends a statement a little later; what is killed or refused meanwhile is gone. */
function later(database: ServiceDatabase, statement: Parameters<ServiceDatabase['query']>[0]): void {
  sleep(WINDOW_MS)
    .then(() => database.query(statement))
    .catch(() => undefined)
}

function publishAfterCommit(log: EventLog, database: ServiceDatabase): EventLog {
  return {
    ...log,
    append(events) {
      later(database, log.append(events))
      return NOTHING
    },
  }
}

function acknowledgeBeforeCommit(inbox: InboxStore, database: ServiceDatabase): InboxStore {
  return {
    ...inbox,
    async open(_transaction, subscription, fence, events) {
      const positions = events.map((event) => event.position)
      await database.query(inbox.handled(subscription, fence, positions, positions.at(-1)))
      await sleep(WINDOW_MS)
      return EMPTY_PAGE
    },
    handled: () => NOTHING,
  }
}

function noInbox(inbox: InboxStore, database: ServiceDatabase): InboxStore {
  return {
    ...inbox,
    open: async () => EMPTY_PAGE,
    handled(subscription, fence, positions, position) {
      later(database, inbox.handled(subscription, fence, positions, position))
      return NOTHING
    },
  }
}

function forgetsToRestock(local: Transport): Transport {
  return {
    ...local,
    call: (request, bounds) =>
      request.operation === 'restock' ? Promise.resolve({ restocked: true }) : local.call(request, bounds),
  }
}

function reservesWhatIsNotThere(local: Transport): Transport {
  return {
    ...local,
    async call(request, bounds) {
      try {
        return await local.call(request, bounds)
      } catch (error) {
        if (!isArchipelError(error) || error.code !== 'OUT_OF_STOCK') throw error
        return { ...OfOrder.parse(request.input), reservedAt: new Date().toISOString() }
      }
    },
  }
}

/** Every third answer is lost on its way, as lines do: asking again under the same key would do no harm. */
function refundsWithoutKey(provider: ProviderClient): ProviderClient {
  let answers = 0
  return {
    ...provider,
    async refund(_key, request, signal) {
      const outcome = await provider.refund(randomUUID(), request, signal)
      if (++answers % 3 === 0) throw new Error('the answer was lost')
      return outcome
    },
  }
}
