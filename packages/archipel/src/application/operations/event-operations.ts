import { z } from 'zod'
import { MASKED, maskPersonal, page, query, type Contract } from '../../contract/index.ts'
import { frameworkError, type JsonObject } from '../../errors/index.ts'
import { operatorAccess, operatorOperation, type OperatorOperation } from '../../host/index.ts'
import type { LoggedEvent, MessagingOperations } from '../../messaging/index.ts'

const Event = z.object({
  position: z.int(),
  publisher: z.string(),
  type: z.string(),
  key: z.string(),
  id: z.string(),
  time: z.string(),
  correlationId: z.string(),
  causationId: z.string().optional(),
  traceparent: z.string().optional(),
})
const WithData = Event.extend({
  data: z.record(z.string(), z.json()).describe('What is personal is masked.'),
})

/** The log of events as operators may see it: nothing that says something about a person. */
export function eventOperations(
  messaging: Pick<MessagingOperations, 'events' | 'event'>,
  contracts: readonly Contract[],
): Record<string, OperatorOperation> {
  const mask = masking(contracts)
  return {
    listEvents: operatorOperation(
      query({
        summary: 'Events, the latest first',
        http: { route: 'GET /events' },
        access: operatorAccess,
        ...page(Event, {
          publisher: z.string().optional(),
          type: z.string().optional(),
          key: z.string().optional(),
          correlationId: z.string().optional(),
        }),
      }),
      async ({ cursor, limit, ...filter }) => {
        const { items, next } = await messaging.events({ ...filter, after: cursor, limit })
        return { items: items.map(described), next: next ?? null }
      },
    ),
    showEvent: operatorOperation(
      query({
        http: { route: 'GET /events/{position}' },
        access: operatorAccess,
        input: z.object({ position: z.int().min(1) }),
        output: WithData,
      }),
      async ({ position }) => {
        const event = await messaging.event(position)
        if (event === undefined)
          throw frameworkError('ARC_NOT_FOUND', `There is no event at position ${position}.`)
        return { ...described(event), data: mask(event) }
      },
    ),
  }
}

function described(event: LoggedEvent): z.infer<typeof Event> {
  const { position, publisher, type, key, id, time, correlationId, causationId, traceparent } = event
  return {
    position,
    publisher,
    type,
    key,
    id,
    time,
    correlationId,
    ...(causationId !== undefined && { causationId }),
    ...(traceparent !== undefined && { traceparent }),
  }
}

/** Of a type that no contract here knows nobody can say what is personal: all of it may be. */
function masking(contracts: readonly Contract[]): (event: LoggedEvent) => z.infer<typeof WithData>['data'] {
  const personal = new Map(
    contracts.flatMap(({ events }) => Object.values(events).map((event) => [event.type, event.personal])),
  )
  return ({ type, data }) => {
    const marks = personal.get(type)
    const masked: JsonObject =
      marks === undefined
        ? Object.fromEntries(Object.keys(data).map((name) => [name, MASKED]))
        : maskPersonal(marks, data)
    return JSON.parse(JSON.stringify(masked))
  }
}
