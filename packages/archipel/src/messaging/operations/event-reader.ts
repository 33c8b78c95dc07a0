import type { JsonObject } from '../../errors/index.ts'
import type { Row, ServiceDatabase } from '../../storage/index.ts'
import type { BusConnection } from '../options.ts'
import type { EventDelivery, EventFilter, EventTraces } from '../port.ts'
import type { LoggedEvent, OutboundEvent } from '../types.ts'

/** The log as operators read it, under the role that owns the bus. */
export interface EventReader {
  /** The latest first. */
  list(filter: EventFilter & { readonly before: number; readonly limit: number }): Promise<LoggedEvent[]>
  /** Events of any of these keys and of these requests, in order. */
  about(traces: EventTraces, limit: number): Promise<LoggedEvent[]>
  /** Which subscriptions get which of these events. */
  takers(events: readonly LoggedEvent[]): Promise<readonly Taker[]>
}

/** A subscription that gets the event at a position. */
export type Taker = Pick<EventDelivery, 'service' | 'subscription' | 'position'>

const COLUMNS = 'l.position, l.publisher, l.type, l.key, l.event'
/** What each filter demands; a statement has only what was given, so that it is planned for that. */
const CONDITIONS = {
  publisher: 'l.publisher =',
  type: 'l.type =',
  key: 'l.key =',
  correlationId: "l.event ->> 'correlationId' =",
} as const

export function createEventReader(bus: BusConnection): EventReader {
  const ask = (name: string, text: string, values: readonly unknown[]) =>
    bus.query({ name: `archipel_events_${name}`, text, values })
  return {
    async list({ publisher, type, key, correlationId, before, limit }) {
      const filter = { publisher, type, key, correlationId }
      const values: unknown[] = [before, limit]
      const conditions: string[] = []
      const given: string[] = []
      for (const name of ['publisher', 'type', 'key', 'correlationId'] as const) {
        if (filter[name] === undefined) continue
        conditions.push(` and ${CONDITIONS[name]} $${values.push(filter[name])}`)
        given.push(name)
      }
      const text = `select ${COLUMNS} from archipel_bus.events l where l.position < $1${conditions.join('')}
        order by l.position desc limit $2`
      return (await ask(`list_${given.join('_')}`, text, values)).map(eventOf)
    },
    async about({ keys, correlationIds }, limit) {
      // Each by an index of its own: of one condition with `or` PostgreSQL makes a walk through the whole log.
      const text = `select * from (
          select found.* from unnest($1::text[]) wanted (key), lateral (
            select ${COLUMNS} from archipel_bus.events l where l.key = wanted.key order by l.position limit $3) found
          union
          select found.* from unnest($2::text[]) wanted (id), lateral (
            select ${COLUMNS} from archipel_bus.events l where l.event ->> 'correlationId' = wanted.id order by l.position limit $3) found
        ) about order by position limit $3`
      return (await ask('about', text, [keys, correlationIds, limit])).map(eventOf)
    },
    async takers(events) {
      const text = `select s.service, s.name as subscription, e.position
        from unnest($1::bigint[], $2::text[], $3::text[]) e (position, publisher, type)
        join archipel_bus.subscriptions s on s.publisher = e.publisher
          and e.position > s.type_marks[array_position(s.types, e.type)]
        order by e.position, s.service, s.name`
      const rows = await ask('takers', text, [
        events.map(({ position }) => position),
        events.map(({ publisher }) => publisher),
        events.map(({ type }) => type),
      ])
      return rows.map((row) => ({
        service: String(row['service']),
        subscription: String(row['subscription']),
        position: Number(row['position']),
      }))
    },
  }
}

/** How far events have come with subscriptions of one service. */
export async function deliveriesOf(
  database: Pick<ServiceDatabase, 'query'>,
  takers: readonly Taker[],
): Promise<EventDelivery[]> {
  const text = `select t.subscription, t.position, coalesce(r.attempts, d.attempts) as attempts, coalesce(d.error, r.error, x.error) as error,
      case when x.position is not null then 'discarded' when d.position is not null then 'parked'
        when r.position is not null then 'retrying' when t.position <= s.position or i.position is not null then 'handled'
        else 'waiting' end as state
    from unnest($1::text[], $2::bigint[]) t (subscription, position)
    left join archipel_subscriptions s on s.name = t.subscription
    left join archipel_inbox i on i.subscription = t.subscription and i.position = t.position
    left join archipel_dead_letters d on d.subscription = t.subscription and d.position = t.position
    left join archipel_discarded x on x.subscription = t.subscription and x.position = t.position
    left join archipel_retries r on r.subscription = t.subscription and r.position = t.position`
  const rows = await database.query({
    name: 'archipel_deliveries',
    text,
    values: [takers.map(({ subscription }) => subscription), takers.map(({ position }) => position)],
  })
  const service = takers[0]?.service ?? ''
  return rows.map((row) => ({
    service,
    subscription: String(row['subscription']),
    position: Number(row['position']),
    state: row['state'] as EventDelivery['state'],
    attempts: (row['attempts'] as number | null) ?? undefined,
    error: (row['error'] as string | null) ?? undefined,
  }))
}

function eventOf({ position, publisher, type, key, event }: Row): LoggedEvent {
  const { id, data, time, correlationId, traceparent, causationId } = event as OutboundEvent
  return {
    position: Number(position),
    publisher: String(publisher),
    type: String(type),
    key: String(key),
    id,
    data: data as JsonObject,
    time,
    correlationId,
    traceparent,
    causationId,
  }
}
