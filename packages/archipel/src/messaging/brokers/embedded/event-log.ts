import type { JsonObject } from '../../../errors/index.ts'
import type { Row, ServiceDatabase } from '../../../storage/index.ts'
import type { EventLog, LoggedEvent, OutboundEvent } from '../../types.ts'

/** What the log keeps beside the columns that it selects by. */
type EventBody = Pick<OutboundEvent, 'id' | 'data' | 'time' | 'correlationId'> & {
  readonly traceparent?: string
  readonly causationId?: string
}

/**
 * The log in PostgreSQL, as one service sees it: two functions of schema `archipel_bus`, which stamp and check
 * the service by the role that is logged in.
 */
export function createEventLog(database: ServiceDatabase): EventLog {
  return {
    append: (events) => ({
      name: 'archipel_bus_append',
      text: 'select archipel_bus.append($1)',
      values: [JSON.stringify(events)],
    }),
    async take(subscription, after, upTo, limit) {
      const rows = await database.query({
        name: 'archipel_bus_take',
        text: 'select at, publisher, type, key, event from archipel_bus.take($1, $2, $3, $4, $5)',
        values: [subscription.service, subscription.name, after, upTo, limit],
      })
      return rows.map(loggedEvent)
    },
  }
}

/** An event as the functions of the log give it. */
export function loggedEvent(row: Row): LoggedEvent {
  const { at, publisher, type, key, event } = row as {
    at: number
    publisher: string
    type: string
    key: string
    event: EventBody
  }
  return {
    position: at,
    publisher,
    type,
    key,
    id: event.id,
    data: event.data as JsonObject,
    time: event.time,
    correlationId: event.correlationId,
    traceparent: event.traceparent,
    causationId: event.causationId,
  }
}
