import { z } from 'zod'
import { frameworkError, isJsonObject, type JsonObject } from '../../errors/index.ts'
import type { CloudEvent } from './cloud-event.ts'

/** A CloudEvent on its way over HTTP, or over a broker whose messages have headers. */
export interface EventMessage {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const STRUCTURED = 'application/cloudevents+json'

/** Attributes that every event of ours has; others may be left out. */
const Attributes = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().regex(/^\/[a-z][a-zA-Z0-9]*$/),
  type: z.string().min(1),
  subject: z.string(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  dataschema: z.url().exactOptional(),
  partitionkey: z.string(),
  sequence: z.string().regex(/^\d{1,16}$/),
  traceparent: z.string().exactOptional(),
  correlationid: z.string(),
  causationid: z.string().exactOptional(),
})

/** Structured mode: the whole event is the body. */
export function structuredMessage(event: CloudEvent): EventMessage {
  return { headers: { 'content-type': `${STRUCTURED}; charset=utf-8` }, body: JSON.stringify(event) }
}

/** Binary mode: the data is the body, the attributes are headers. */
export function binaryMessage({ data, datacontenttype, ...attributes }: CloudEvent): EventMessage {
  const headers = Object.entries(attributes).map(
    ([name, value]) => [`ce-${name}`, headerText(value)] as const,
  )
  return {
    headers: { 'content-type': datacontenttype, ...Object.fromEntries(headers) },
    body: JSON.stringify(data),
  }
}

/** An event of ours, in either mode. @throws ARC_INPUT_INVALID for a message that is none. */
export function eventOfMessage({ headers, body }: EventMessage): CloudEvent {
  const mediaType = headers['content-type']?.split(';')[0]?.trim()
  if (mediaType === STRUCTURED) {
    const { data, ...attributes } = objectIn(body)
    return complete(attributes, data)
  }
  const attributes = Object.entries(headers)
    .filter(([name]) => name.startsWith('ce-'))
    .map(([name, value]) => [name.slice(3), textOf(value)] as const)
  return complete({ ...Object.fromEntries(attributes), datacontenttype: mediaType }, objectIn(body))
}

function complete(attributes: unknown, data: unknown): CloudEvent {
  const parsed = Attributes.safeParse(attributes)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw notOurs(`${issue?.path.join('.') ?? 'it'}: ${issue?.message ?? 'it is none'}`)
  }
  if (!isJsonObject(data)) throw notOurs('data: it is no JSON object')
  return { ...parsed.data, data }
}

function objectIn(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body)
    if (isJsonObject(value)) return value
  } catch {
    // Refused below, like any other body that is no object.
  }
  throw notOurs('its body is no JSON object')
}

/** The HTTP binding's percent-encoding: all but visible ASCII, and of that neither `"` nor `%`. */
function headerText(value: string): string {
  return value.toWellFormed().replaceAll(/[^\x21-\x7e]|["%]/gu, encodeURIComponent)
}

function textOf(header: string): string {
  try {
    return decodeURIComponent(header)
  } catch {
    return header
  }
}

function notOurs(why: string): Error {
  return frameworkError('ARC_INPUT_INVALID', `The message is no CloudEvent of this application: ${why}.`)
}
