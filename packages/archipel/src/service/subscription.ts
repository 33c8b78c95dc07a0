import { createValidator, personalTexts, type Validator } from '../contract/index.ts'
import { durationMs } from '../environment/index.ts'
import { frameworkError, type JsonObject } from '../errors/index.ts'
import {
  cloudEventOf,
  type Leftovers,
  type LoggedEvent,
  type SubscriptionDefinition,
} from '../messaging/index.ts'
import type { Transaction } from '../storage/index.ts'
import { hidingLog } from '../telemetry/index.ts'
import type { ServiceParts } from './service-parts.ts'
import { TransactionBuffer } from './transaction-buffer.ts'
import { lendTo } from './transaction-context.ts'
import type { SubscriptionImplementation } from './types.ts'

/** How long the handler of one event may take. */
const HANDLER_MS = 30_000
const DEFAULT_RETRY = { attempts: 8, firstDelayMs: 100, longestDelayMs: 60_000 }

/** A subscription with its contexts filled in, for the bus. */
export function bindSubscription(
  parts: ServiceParts,
  { events, options, handler }: SubscriptionImplementation,
): SubscriptionDefinition {
  const validators = new Map(
    events.map((event) => [event.type, createValidator<JsonObject>(event.data)] as const),
  )
  const personal = new Map(events.map((event) => [event.type, event.personal] as const))
  const { name, from, onPoison = 'park-key', retry = {} } = options
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
    handle: async (event, transaction) =>
      handle(
        parts,
        {
          name,
          event,
          data: dataOf(event, validators.get(event.type)),
          personal: () => personalTexts(personal.get(event.type) ?? [], event.data),
        },
        transaction,
        handler,
      ),
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

interface Delivery {
  readonly name: string
  readonly event: LoggedEvent
  readonly data: JsonObject
  /** What the event says about a person: neither log nor trace shows it. */
  readonly personal: () => readonly string[]
}

async function handle(
  parts: ServiceParts,
  { name, event, data, personal }: Delivery,
  transaction: Transaction,
  handler: SubscriptionImplementation['handler'],
): Promise<Leftovers> {
  const { runtime } = parts
  const { id, key, correlationId, traceparent } = event
  const span = runtime.telemetry.span(`${parts.name}.${name}`, 'consumer', traceparent)
  using bounds = runtime.bounds.open(HANDLER_MS)
  const origin = {
    principal: undefined,
    correlationId,
    traceparent: span.traceparent ?? traceparent,
    causationId: id,
    watchedKey: key,
  }
  const buffer = new TransactionBuffer(parts, origin)
  const { signal } = bounds
  const { publish, start, cancel } = buffer
  const log = hidingLog(
    runtime.telemetry.log.with({ service: parts.name, subscription: name, correlationId }),
    personal,
  )
  const db = lendTo(buffer, transaction, signal)
  try {
    await handler(
      { ...cloudEventOf(event), data },
      { db, publish, start, cancel, correlationId, signal, log, now: parts.now, id: parts.id },
    )
    return buffer.leftovers()
  } catch (error) {
    span.fail(error, personal())
    throw error
  } finally {
    span.end()
  }
}
