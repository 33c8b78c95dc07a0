import type { StandardSchemaV1 } from '@standard-schema/spec'
import { durationMs, type Duration } from '../environment/index.ts'
import type { AnySchema, DataOf, EventDefinition, PublishedEventType } from './types.ts'

/** The fields of a record that always hold a string. */
export type StringFieldOf<TData> = {
  [TField in keyof TData]-?: TData[TField] extends string ? TField : never
}[keyof TData] &
  string

/** What an event says about itself. */
export interface EventOptions<TData extends AnySchema, TVersion extends number = number> {
  /** The schema of its data: an object. */
  readonly data: TData
  /** The field of the data that orders events: those of one key come in the order of their commits. */
  readonly key: StringFieldOf<StandardSchemaV1.InferOutput<TData>>
  /** 1, 2, 3 …: part of the event's type. A change that old readers can't bear is a new version. */
  readonly version: TVersion
  /**
   * Fields of the data that say something about a person: `email`, `address.street`, or `lines[].note` for each item of
   * a list; a whole object by its name. They are masked in logs, in failures and for operators, and marked in the
   * AsyncAPI document. Default: none.
   */
  readonly personal?: readonly string[]
  /**
   * How long it stays in the log, at least: it goes once it is older and every subscription has passed it.
   * Default: `forever`. A second at least.
   */
  readonly retention?: Duration | 'forever'
}

/** Something that happened, named in the past tense. */
export function event<TData extends AnySchema, const TVersion extends number>(
  options: EventOptions<TData, TVersion>,
): EventDefinition<StandardSchemaV1.InferOutput<TData>, TVersion> {
  const { data, key, version, personal = [], retention = 'forever' } = options
  return Object.freeze({
    data,
    key,
    version,
    personal: Object.freeze([...personal]),
    retentionMs: retention === 'forever' ? undefined : millisecondsOf(retention),
  })
}

/** A text that is no duration is reported with the other faults of its contract. */
function millisecondsOf(retention: Duration): number {
  try {
    return durationMs(retention)
  } catch {
    return Number.NaN
  }
}

/** The events of a contract, each with its publisher and CloudEvents type. */
export type PublishedEvents<TPublisher extends string, TDefinitions> = {
  readonly [TName in keyof TDefinitions]: PublishedEventType<
    DataOf<TDefinitions[TName]>,
    TypeOf<TPublisher, TName, TDefinitions[TName]>
  >
}
type TypeOf<TPublisher extends string, TName, TDefinition> = TDefinition extends {
  readonly version: infer TVersion extends number
}
  ? `${TPublisher}.${TName & string}.v${TVersion}`
  : never

/** An event as its contract publishes it. */
export function publishedEvent(
  publisher: string,
  name: string,
  definition: EventDefinition,
): PublishedEventType {
  return Object.freeze({
    ...definition,
    publisher,
    name,
    type: `${publisher}.${name}.v${definition.version}`,
  })
}
