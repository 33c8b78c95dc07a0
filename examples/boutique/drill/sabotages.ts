import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLog, InboxStore, Seams, ServiceDatabase } from 'archipel'
import type { ProviderClient } from '../payments/provider-client.ts'
import {
  answersFromMemory,
  forgetsToRestock,
  reservesWhatIsNotThere,
  shipsPlainNamesOnly,
} from './sabotages-of-calls.ts'
import {
  searchesByBacktracking,
  showsWhoeverKnowsTheId,
  trustsAKeyOfATutorial,
} from './sabotages-of-doors.ts'
import { chargesAnew, refundsWithoutKey } from './sabotages-of-payments.ts'

/** A bug as others have shipped it, planted at a seam of the framework or on the way to the card processor. */
interface Sabotage {
  readonly what: string
  readonly seams?: Seams
  readonly provider?: (provider: ProviderClient) => ProviderClient
}

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
  'charges-anew': {
    what: 'a capture whose answer was lost is followed by a new one, over a new authorisation with new keys',
    provider: chargesAnew,
  },
  'answers-from-memory': {
    what: 'an order that could not be written down is accepted all the same, to be written down later',
    seams: { transport: answersFromMemory },
  },
  'tells-twice': {
    what: 'an event that is published a second time is another event, with an id of its own',
    seams: { eventLog: tellsTwice },
  },
  'ships-plain-names-only': {
    what: 'shipping refuses a name that its labels have no letters for, when the order is paid already',
    seams: { transport: shipsPlainNamesOnly },
  },
  'shows-whoever-knows-the-id': {
    what: 'whoever knows the id of an order may read and watch it',
    seams: { transport: showsWhoeverKnowsTheId },
  },
  'trusts-a-key-of-a-tutorial': {
    what: 'the example key of RFC 8037 was left among the keys that tokens are checked with',
    seams: { transport: trustsAKeyOfATutorial },
  },
  'searches-by-backtracking': {
    what: 'the words of a search are matched by an expression that backtracks',
    seams: { transport: searchesByBacktracking },
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
    handled(subscription, fence, positions, position) {
      later(database, inbox.handled(subscription, fence, positions, position))
      return NOTHING
    },
  }
}

/** One order in ten is completed twice. */
function tellsTwice(log: EventLog): EventLog {
  let completed = 0
  return {
    ...log,
    append(events) {
      const again = events.filter(({ type }) => type === 'orders.orderCompleted.v1' && ++completed % 10 === 0)
      return log.append([...events, ...again.map((event) => ({ ...event, id: randomUUID() }))])
    },
  }
}
