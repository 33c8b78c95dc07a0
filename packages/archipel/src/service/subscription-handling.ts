import { frameworkError, type JsonObject } from '../errors/index.ts'
import { cloudEventOf, type CloudEvent, type Leftovers, type LoggedEvent } from '../messaging/index.ts'
import type { Transaction } from '../storage/index.ts'
import { hidingLog } from '../telemetry/index.ts'
import type { ServiceParts } from './service-parts.ts'
import { TransactionBuffer, type TransactionOrigin } from './transaction-buffer.ts'
import { lendTo } from './transaction-context.ts'
import type { SubscriptionImplementation } from './types.ts'

/** How long a handler may take, for one event or for a page of them. */
const HANDLER_MS = 30_000

/** A subscription's handler, and how it reads events. */
export interface EventReading {
  readonly parts: ServiceParts
  /** The subscription's. */
  readonly name: string
  readonly handler: SubscriptionImplementation['handler']
  /** The data as this reader's contract knows it. */
  readonly dataOf: (event: LoggedEvent) => JsonObject
  /** What an event says about a person: neither log nor trace shows it. */
  readonly personalIn: (event: LoggedEvent) => readonly string[]
}

export async function handleOne(
  { parts, name, handler, dataOf, personalIn }: EventReading,
  event: LoggedEvent,
  transaction: Transaction,
): Promise<Leftovers> {
  const { runtime, now, id } = parts
  const { correlationId } = event
  const handled = cloudEventOf(event, dataOf(event))
  using bounds = runtime.bounds.open(HANDLER_MS)
  const { signal } = bounds
  const buffer = new TransactionBuffer(parts, { ...originOf(event), watchedKeys: [event.key] })
  const { publish, start, cancel } = buffer
  const fields = { service: parts.name, subscription: name, correlationId }
  const log = hidingLog(runtime.telemetry.log.with(fields), () => personalIn(event))
  const db = lendTo(buffer, transaction, signal)
  await handler(handled, {
    ...parts.absent.ofEvents,
    db,
    publish,
    start,
    cancel,
    correlationId,
    signal,
    log,
    now,
    id,
  })
  await buffer.intend(transaction)
  return buffer.leftovers()
}

/** All at once: what is published and started goes by the event that it is said to be of. */
export async function handlePage(
  { parts, name, handler, dataOf, personalIn }: EventReading,
  events: readonly LoggedEvent[],
  transaction: Transaction,
): Promise<Leftovers> {
  const { runtime, now, id } = parts
  const page = events.map((event) => cloudEventOf(event, dataOf(event)))
  using bounds = runtime.bounds.open(HANDLER_MS)
  const { signal } = bounds
  const watchedKeys = events.map((event) => event.key)
  const buffer = new TransactionBuffer(parts, { ...NOBODY, watchedKeys })
  const bySequence = new Map(page.map(({ sequence }, index) => [sequence, events[index]]))
  const quiet = hidingLog(runtime.telemetry.log.with({ service: parts.name, subscription: name }), () =>
    events.flatMap(personalIn),
  )
  const of = ({ sequence, id: eventId }: Pick<CloudEvent, 'id' | 'sequence'>) => {
    const event = bySequence.get(sequence)
    if (event === undefined) throw strange(`${parts.name}.${name}`, eventId)
    const { correlationId } = event
    const { publish, start, cancel } = buffer.of(originOf(event))
    return { publish, start, cancel, correlationId, log: quiet.with({ correlationId }) }
  }
  const db = lendTo(buffer, transaction, signal)
  await handler(page, { ...parts.absent.ofEvents, db, of, signal, log: quiet, now, id })
  await buffer.intend(transaction)
  return buffer.leftovers()
}

/** A page has no cause of its own: nothing is published or started but of one of its events. */
const NOBODY: TransactionOrigin = {
  principal: undefined,
  correlationId: '',
  traceparent: undefined,
  causationId: undefined,
}

function originOf({ id, correlationId, traceparent }: LoggedEvent): TransactionOrigin {
  return { principal: undefined, correlationId, traceparent, causationId: id }
}

function strange(subscription: string, eventId: string): Error {
  return frameworkError(
    'ARC_APPLICATION_INVALID',
    `Subscription '${subscription}' asked for the context of event ${eventId}, which isn't in its page: give of() an event that the handler was given.`,
  )
}
