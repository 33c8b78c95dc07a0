import type { JsonObject } from '../../errors/index.ts'
import type { LoggedEvent } from '../types.ts'

/** An event in the shape of CloudEvents 1.0, as JSON: what handlers and operators see, and what other systems read. */
export interface CloudEvent<TData = JsonObject, TType extends string = string> {
  readonly specversion: '1.0'
  /** UUIDv7; unique by itself. */
  readonly id: string
  /** The service that published it, such as `/orders`. */
  readonly source: string
  /** Such as `orders.orderPlaced.v1`. */
  readonly type: TType
  /** What it is about: the event's key, in whose order events of one source come. */
  readonly subject: string
  /** When it was published: an ISO 8601 instant in UTC. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  /** Where the schema of its data can be read; an absolute URI. */
  readonly dataschema?: string
  /** The same as the subject, for brokers that spread events by it. */
  readonly partitionkey: string
  /** Its position in the log, with leading zeros, so that texts are ordered as positions are. */
  readonly sequence: string
  /** W3C trace context of the transaction that published it. */
  readonly traceparent?: string
  readonly correlationid: string
  /** The id of the event, or the key of the request, that made it happen. */
  readonly causationid?: string
  readonly data: TData
}

const LONGEST_POSITION = String(Number.MAX_SAFE_INTEGER).length

/** An event of the log as a CloudEvent. @param data its data as its reader knows it. Default: as it was published. */
export function cloudEventOf(event: LoggedEvent, data: JsonObject = event.data): CloudEvent {
  const { id, publisher, type, key, time, position, traceparent, correlationId, causationId } = event
  return {
    specversion: '1.0',
    id,
    source: `/${publisher}`,
    type,
    subject: key,
    time,
    datacontenttype: 'application/json',
    partitionkey: key,
    sequence: String(position).padStart(LONGEST_POSITION, '0'),
    ...(traceparent !== undefined && { traceparent }),
    correlationid: correlationId,
    ...(causationId !== undefined && { causationid: causationId }),
    data,
  }
}
