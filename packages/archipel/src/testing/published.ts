import type { PublishedEventType } from '../contract/index.ts'
import { cloudEventOf, createEventReader } from '../messaging/index.ts'
import type { HandledEvent } from '../service/index.ts'
import type { Row } from '../storage/index.ts'

type Ask = (text: string, values?: readonly unknown[]) => Promise<Row[]>

/** What was published of some events, in the order of the commits, as the log has it. */
export function publishedOf<TEvents extends readonly PublishedEventType[]>(
  ask: Ask,
  events: TEvents,
): Promise<readonly HandledEvent<TEvents[number]>[]>
export async function publishedOf(ask: Ask, events: readonly PublishedEventType[]): Promise<unknown> {
  const reader = createEventReader({ query: ({ text, values }) => ask(text, values) })
  const all = { before: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER }
  const found = await Promise.all(events.map(({ type }) => reader.list({ type, ...all })))
  return found
    .flat()
    .toSorted((one, other) => one.position - other.position)
    .map((event) => cloudEventOf(event))
}
