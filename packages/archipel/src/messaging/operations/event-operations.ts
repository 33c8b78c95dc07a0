import { frameworkError } from '../../errors/index.ts'
import type { ServiceDatabase } from '../../storage/index.ts'
import type { BusConnection } from '../options.ts'
import type { MessagingOperations } from '../port.ts'
import { createEventReader, deliveriesOf } from './event-reader.ts'

type EventOperations = Pick<MessagingOperations, 'events' | 'event' | 'eventsAbout' | 'deliveries'>

/** What operators can read of the log. */
export function eventOperations(
  bus: BusConnection,
  databases: ReadonlyMap<string, ServiceDatabase>,
): EventOperations {
  const reader = createEventReader(bus)
  return {
    async events({ after, limit, ...filter }) {
      const before = after === undefined ? Number.MAX_SAFE_INTEGER : positionOf(after)
      const found = await reader.list({ ...filter, before, limit: limit + 1 })
      const items = found.slice(0, limit)
      return { items, next: found.length > limit ? items.at(-1)?.position.toString() : undefined }
    },
    async event(position) {
      const [found] = await reader.list({ before: position + 1, limit: 1 })
      return found?.position === position ? found : undefined
    },
    eventsAbout: (traces, limit) => reader.about(traces, limit),
    async deliveries(events) {
      if (events.length === 0) return []
      const byService = Map.groupBy(await reader.takers(events), ({ service }) => service)
      const states = [...byService].flatMap(([service, takers]) => {
        const database = databases.get(service)
        return database === undefined ? [] : [deliveriesOf(database, takers)]
      })
      return (await Promise.all(states)).flat()
    },
  }
}

function positionOf(cursor: string): number {
  const position = Number(cursor)
  if (/^\d{1,15}$/.test(cursor) && Number.isSafeInteger(position)) return position
  throw frameworkError('ARC_INPUT_INVALID', 'The cursor is none that this list gave.')
}
