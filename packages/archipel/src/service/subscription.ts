import { createValidator, personalTexts, type Validator } from '../contract/index.ts'
import { durationMs } from '../environment/index.ts'
import { frameworkError, type JsonObject } from '../errors/index.ts'
import type { LoggedEvent, SubscriptionDefinition } from '../messaging/index.ts'
import type { ServiceParts } from './service-parts.ts'
import { handleOne, handlePage, type EventReading } from './subscription-handling.ts'
import type { SubscriptionImplementation } from './types.ts'

const DEFAULT_RETRY = { attempts: 8, firstDelayMs: 100, longestDelayMs: 60_000 }

/** A subscription with its contexts filled in, for the bus. */
export function bindSubscription(
  parts: ServiceParts,
  { events, options, takes, handler }: SubscriptionImplementation,
): SubscriptionDefinition {
  const validators = new Map(
    events.map((event) => [event.type, createValidator<JsonObject>(event.data)] as const),
  )
  const personal = new Map(events.map((event) => [event.type, event.personal] as const))
  const { name, from, onPoison = 'park-key', retry = {} } = options
  const reading: EventReading = {
    parts,
    name,
    handler,
    dataOf: (event) => dataOf(event, validators.get(event.type)),
    personalIn: ({ type, data }) => personalTexts(personal.get(type) ?? [], data),
  }
  return {
    service: parts.name,
    name,
    publisher: events[0]?.publisher ?? '',
    types: events.map(({ type }) => type),
    from,
    personal,
    onPoison,
    retry: {
      attempts: retry.attempts ?? DEFAULT_RETRY.attempts,
      firstDelayMs: retry.first === undefined ? DEFAULT_RETRY.firstDelayMs : durationMs(retry.first),
      longestDelayMs: retry.longest === undefined ? DEFAULT_RETRY.longestDelayMs : durationMs(retry.longest),
    },
    ...(takes === 'event'
      ? { handle: (event, transaction) => handleOne(reading, event, transaction) }
      : {
          handle: (event, transaction) => handlePage(reading, [event], transaction),
          handlePage: (page, transaction) => handlePage(reading, page, transaction),
        }),
  }
}

/** The data as this reader's contract knows it: fields that a newer publisher added are left out, not refused. */
function dataOf(
  { type, data, position }: LoggedEvent,
  validate: Validator<JsonObject> | undefined,
): JsonObject {
  const { value, issues } = validate?.(data) ?? {
    issues: [{ path: 'type', message: `is ${type}, which nobody asked for` }],
  }
  if (issues === undefined) return value
  const [first] = issues
  throw frameworkError(
    'ARC_INPUT_INVALID',
    `Event ${position} (${type}) does not fit its contract: ${first?.path || 'it'}: ${first?.message}`,
  )
}
