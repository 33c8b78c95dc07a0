import { frameworkError } from '../../errors/index.ts'
import type { ServiceDatabase } from '../../storage/index.ts'
import type { BusConnection } from '../options.ts'
import type { MessagingOperations } from '../port.ts'
import type { DeliveryCounters } from '../types.ts'
import { createDeadLetterStore, type DeadLetterStore } from './dead-letters.ts'
import type { SubscriptionList } from './subscription-list.ts'
import { eventOperations } from './event-operations.ts'
import { pageOverServices } from './page-over-services.ts'

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

  function storeOf(service: string): DeadLetterStore {
    const store = stores.get(service)
    if (store === undefined)
      throw frameworkError('ARC_NOT_FOUND', `Service '${service}' is not in this host.`)
    return store
  }

  return {
    ...eventOperations(bus, databases),
    deadLetters: ({ service, subscription, after: cursor, limit = DEFAULT_LIMIT }) =>
      pageOverServices(
        {
          services: service === undefined ? [...stores.keys()] : [service],
          list: (name, after, most) => storeOf(name).list({ subscription, after, limit: most }),
          placeOf: (letter) => [letter.subscription, letter.position],
          placeFrom: deadLetterPlace,
        },
        { limit: Math.min(Math.max(1, limit), LARGEST_LIMIT), cursor },
      ),
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

function deadLetterPlace([subscription, position]: readonly unknown[]) {
  return typeof subscription === 'string' && Number.isSafeInteger(position)
    ? { subscription, position: Number(position) }
    : undefined
}
