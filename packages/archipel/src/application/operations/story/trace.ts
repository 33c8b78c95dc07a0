import type { EventDelivery, LoggedEvent, MessagingOperations } from '../../../messaging/index.ts'
import { findActivities, findSagas, type OpenActivity, type SagaInstance } from '../../../saga/index.ts'
import { findCommands, type RecordedCommand, type ServiceDatabase } from '../../../storage/index.ts'
import type { RecordedAction } from '../../operator-actions.ts'

/** Where the traces of one service lie. */
export interface TracedService {
  readonly database: Pick<ServiceDatabase, 'service' | 'query'>
  /** The names of its sagas. */
  readonly sagas: readonly string[]
  readonly hasActivities: boolean
}

export interface Archives {
  readonly services: readonly TracedService[]
  readonly messaging: Pick<MessagingOperations, 'eventsAbout' | 'deliveries'>
  readonly actions: (id: string, correlationIds: readonly string[]) => Promise<RecordedAction[]>
}

/** Everything that is kept about one thing. */
export interface Traces {
  readonly correlationIds: readonly string[]
  readonly events: readonly LoggedEvent[]
  readonly deliveries: readonly EventDelivery[]
  readonly sagas: readonly SagaInstance[]
  readonly commands: readonly RecordedCommand[]
  readonly activities: readonly OpenActivity[]
  readonly actions: readonly RecordedAction[]
  /** Whether nothing was left out for its number. */
  readonly complete: boolean
}

/** Of each kind and service; what has more traces than this is no order. */
const MOST = 1_000

/**
 * Follows a business key, or the correlation id of a request: its events and sagas name the requests that they come
 * from, and those lead to everything that the requests caused, in whatever service.
 */
export async function trace(id: string, archives: Archives): Promise<Traces> {
  const [named, started] = await Promise.all([
    archives.messaging.eventsAbout({ keys: [id], correlationIds: [id] }, MOST),
    sagasOf(archives, id, [id]),
  ])
  const requests = new Set([id, ...[...named, ...started].map(({ correlationId }) => correlationId)])
  const correlationIds = [...requests].slice(0, MOST)
  const [events, sagas, commands, activities, actions] = await Promise.all([
    archives.messaging.eventsAbout({ keys: [id], correlationIds }, MOST),
    sagasOf(archives, id, correlationIds),
    ofAll(archives.services, ({ database }) => findCommands(database, correlationIds, MOST)),
    ofAll(archives.services, ({ database, hasActivities }) =>
      hasActivities ? findActivities(database, correlationIds, MOST) : Promise.resolve([]),
    ),
    archives.actions(id, correlationIds),
  ])
  const deliveries = await archives.messaging.deliveries(events)
  const complete = [requests.size, events.length, sagas.length, commands.length].every(
    (number) => number < MOST,
  )
  return { correlationIds, events, deliveries, sagas, commands, activities, actions, complete }
}

function sagasOf({ services }: Archives, id: string, correlationIds: readonly string[]) {
  return ofAll(services, ({ database, sagas }) =>
    sagas.length === 0 ? Promise.resolve([]) : findSagas(database, { sagas, id, correlationIds }, MOST),
  )
}

async function ofAll<TFound>(
  services: readonly TracedService[],
  find: (service: TracedService) => Promise<readonly TFound[]>,
): Promise<TFound[]> {
  return (await Promise.all(services.map(find))).flat()
}
