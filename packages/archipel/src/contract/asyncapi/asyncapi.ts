import { jsonSchemaOf, type JsonSchemaObject } from '../json-schema/json-schema.ts'
import { createComponents, type Components } from '../openapi/components.ts'
import type { Contract, PublishedEventType } from '../types.ts'
import { inDraft07, withPersonalMarks } from './data-schema.ts'
import type { AsyncApiChannel, AsyncApiDocument, AsyncApiMessage, AsyncApiOperation } from './document.ts'

/** Who listens to which events. */
export interface AsyncApiSubscription {
  readonly service: string
  readonly name: string
  readonly events: readonly PublishedEventType[]
}

export interface AsyncApiOptions {
  readonly title: string
  /** The version of the whole. Default: `1.0.0`. */
  readonly version?: string
  readonly description?: string
  readonly contracts: readonly Contract[]
  /** Default: none is named. */
  readonly subscriptions?: readonly AsyncApiSubscription[]
}

const text = { type: 'string', minLength: 1 } as const

/** Attributes of CloudEvents 1.0 as every event of ours has them. */
const ATTRIBUTES = {
  specversion: { const: '1.0' },
  id: text,
  source: { ...text, format: 'uri-reference' },
  subject: text,
  time: { type: 'string', format: 'date-time' },
  datacontenttype: { const: 'application/json' },
  dataschema: { type: 'string', format: 'uri' },
  partitionkey: text,
  sequence: text,
  traceparent: text,
  correlationid: text,
  causationid: text,
} as const
const ALWAYS = [
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'partitionkey',
  'sequence',
  'correlationid',
  'data',
]

/**
 * The AsyncAPI 3.0 document of several contracts: a channel for each type of event, with the event as a CloudEvent.
 * Fields that say something about a person are marked `x-personal`.
 */
export function asyncApi({
  title,
  version = '1.0.0',
  description,
  contracts,
  subscriptions = [],
}: AsyncApiOptions): AsyncApiDocument {
  const components = createComponents()
  const events = contracts.flatMap((contract) => Object.values(contract.events))
  const sent = events.map((event) => [`send.${event.type}`, sends(event)] as const)
  const received = subscriptions.flatMap((subscription) =>
    subscription.events.map(
      (event) =>
        [
          `receive.${event.type}.${subscription.service}.${subscription.name}`,
          receives(event, subscription),
        ] as const,
    ),
  )
  const messages = events.map((event) => [event.type, messageOf(event, components)] as const)
  return {
    asyncapi: '3.0.0',
    info: { title, version, ...(description !== undefined && { description }) },
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(events.map((event) => [event.type, channelOf(event)])),
    operations: Object.fromEntries([...sent, ...received]),
    components: { messages: Object.fromEntries(messages), schemas: schemasOf(components) },
  }
}

function channelOf({ publisher, name, type, key }: PublishedEventType): AsyncApiChannel {
  return {
    address: type,
    description: `${name} of ${publisher}; those of one '${key}' come in order.`,
    messages: { [name]: { $ref: `#/components/messages/${type}` } },
  }
}

function sends(event: PublishedEventType): AsyncApiOperation {
  return { action: 'send', summary: `${event.publisher} publishes ${event.name}`, ...placeOf(event) }
}

function receives(event: PublishedEventType, { service, name }: AsyncApiSubscription): AsyncApiOperation {
  return { action: 'receive', summary: `${service} handles ${event.name}: ${name}`, ...placeOf(event) }
}

function placeOf({ type, name }: PublishedEventType): Pick<AsyncApiOperation, 'channel' | 'messages'> {
  return {
    channel: { $ref: `#/channels/${type}` },
    messages: [{ $ref: `#/channels/${type}/messages/${name}` }],
  }
}

function messageOf(event: PublishedEventType, components: Components): AsyncApiMessage {
  const { type, name, key, personal, retentionMs } = event
  const schema = withPersonalMarks(jsonSchemaOf(event.data, 'output'), personal)
  const data = components.add(`${type}.data`, schema)
  return {
    name: type,
    title: name,
    contentType: 'application/cloudevents+json',
    payload: {
      type: 'object',
      properties: { ...ATTRIBUTES, type: { const: type }, data },
      required: ALWAYS,
    },
    correlationId: { location: '$message.payload#/correlationid' },
    'x-personal': personal,
    'x-key': key,
    ...(retentionMs !== undefined && { 'x-retention-seconds': Math.ceil(retentionMs / 1000) }),
  }
}

function schemasOf(components: Components): Record<string, JsonSchemaObject> {
  const schemas = Object.entries(components.schemas)
  return Object.fromEntries(schemas.map(([name, schema]) => [name, inDraft07(schema)]))
}
