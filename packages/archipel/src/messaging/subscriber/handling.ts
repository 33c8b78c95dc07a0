import type { Transaction } from '../../storage/index.ts'
import type { Span } from '../../telemetry/index.ts'
import type { Leftovers, LoggedEvent } from '../types.ts'
import { personalIn } from './personal.ts'
import { reached, type Work } from './work.ts'

/**
 * Calls the handlers of events, in their order, in one transaction: at once if the subscription takes pages.
 * @param began is called before each handler, and throws when there is no time for it.
 */
export async function handleEvents(
  work: Work,
  events: readonly LoggedEvent[],
  transaction: Transaction,
  began: () => void,
): Promise<Leftovers[]> {
  const { definition } = work
  // Others are of a type that the subscription once had and names no more.
  const wanted = events.filter(({ type }) => definition.types.includes(type))
  const { handlePage } = definition
  if (wanted.length > 1 && handlePage !== undefined) {
    began()
    const left = await observed(work, wanted, (traced) => handlePage(traced, transaction))
    await reached(work, 'messaging.page-handled')
    return [left]
  }
  const leftovers: Leftovers[] = []
  for (const event of wanted) {
    began()
    leftovers.push(await handleEvent(work, event, transaction))
    await reached(work, 'messaging.event-handled')
  }
  return leftovers
}

function handleEvent(work: Work, event: LoggedEvent, transaction: Transaction): Promise<Leftovers> {
  return observed(work, [event], ([traced = event]) => work.definition.handle(traced, transaction))
}

/** In the trace of each event there is a span of its handling; within a page they last as long as the page. */
async function observed(
  work: Work,
  events: readonly LoggedEvent[],
  handle: (traced: readonly LoggedEvent[]) => Promise<Leftovers>,
): Promise<Leftovers> {
  const spans = events.map((event) => spanOf(work, event))
  try {
    return await handle(
      events.map((event, index) => ({
        ...event,
        traceparent: spans[index]?.traceparent ?? event.traceparent,
      })),
    )
  } catch (error) {
    // What fails because of one event may say something of another one of its page.
    const hidden = events.flatMap((event) => personalIn(work.definition, event))
    for (const span of spans) span.fail(error, hidden)
    throw error
  } finally {
    for (const span of spans) span.end()
  }
}

function spanOf({ definition, telemetry }: Work, event: LoggedEvent): Span {
  return telemetry.span(`${definition.service}.${definition.name}`, 'consumer', event.traceparent, {
    'messaging.system': 'archipel',
    'messaging.operation.type': 'process',
    'messaging.message.id': event.id,
    'messaging.destination.name': event.type,
  })
}
