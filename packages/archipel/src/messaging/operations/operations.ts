import { frameworkError } from '../../errors/index.ts'
import type { ServiceDatabase } from '../../storage/index.ts'
import type { BusConnection } from '../options.ts'
import type { DeadLetterPage, MessagingOperations } from '../port.ts'
import type { DeadLetter, DeliveryCounters } from '../types.ts'
import { createDeadLetterStore, type DeadLetterStore } from './dead-letters.ts'
import type { SubscriptionList } from './subscription-list.ts'
import { eventOperations } from './event-operations.ts'

export interface OperationsOptions {
  readonly bus: BusConnection
  readonly databases: ReadonlyMap<string, ServiceDatabase>
  /** Tells the owner in this host, if it is here; one elsewhere finds the request at its next renewal. */
  replayRequested(service: string, subscription: string): void
  deliveryCounters(recount: boolean): Promise<DeliveryCounters[]>
  readonly subscriptions: SubscriptionList
}

const DEFAULT_LIMIT = 50
const LARGEST_LIMIT = 100

export function createOperations({
  bus,
  databases,
  replayRequested,
  deliveryCounters,
  subscriptions,
}: OperationsOptions): MessagingOperations {
  const stores = new Map(
    [...databases].map(([service, database]) => [service, createDeadLetterStore(database)]),
  )
  const services = [...stores.keys()].toSorted()

  function storeOf(service: string): DeadLetterStore {
    const store = stores.get(service)
    if (store === undefined)
      throw frameworkError('ARC_NOT_FOUND', `Service '${service}' is not in this host.`)
    return store
  }

  return {
    ...eventOperations(bus, databases),
    async deadLetters({ service, subscription, after, limit = DEFAULT_LIMIT }): Promise<DeadLetterPage> {
      const most = Math.min(Math.max(1, limit), LARGEST_LIMIT)
      const begin = after === undefined ? undefined : cursor(after)
      const items: DeadLetter[] = []
      for (const name of service === undefined ? services : [service]) {
        if (begin !== undefined && name < begin.service) continue
        const rest = {
          subscription,
          limit: most + 1 - items.length,
          after: begin?.service === name ? begin : undefined,
        }
        if (rest.limit > 0) items.push(...(await storeOf(name).list(rest)))
      }
      const page = items.slice(0, most)
      const last = page.at(-1)
      return { items: page, next: items.length > most && last !== undefined ? cursorOf(last) : undefined }
    },
    deadLetter: async (service, subscription, position) => storeOf(service).one(subscription, position),
    async replay(selection, action) {
      const keys = await storeOf(selection.service).requestReplay(selection, action)
      replayRequested(selection.service, selection.subscription)
      return keys
    },
    discard: async (selection, action) => storeOf(selection.service).discard(selection, action),
    subscriptions: () => subscriptions.all(),
    dropSubscription: ({ service, subscription }, action) =>
      subscriptions.drop(service, subscription, action),
    deliveryCounters: (options) => deliveryCounters(options?.recount ?? false),
  }
}

function cursorOf({ service, subscription, position }: DeadLetter): string {
  return Buffer.from(JSON.stringify([service, subscription, position])).toString('base64url')
}

function cursor(text: string): { service: string; subscription: string; position: number } {
  try {
    const [service, subscription, position]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof service === 'string' && typeof subscription === 'string' && Number.isSafeInteger(position)) {
      return { service, subscription, position: Number(position) }
    }
  } catch {
    // Refused below, like any other text that is no cursor.
  }
  throw frameworkError('ARC_INPUT_INVALID', 'The cursor is none that this list gave.')
}
