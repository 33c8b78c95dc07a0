import type { JsonSchema, JsonSchemaObject } from '../json-schema/json-schema.ts'

export interface Reference {
  readonly $ref: string
}

/** The parts of an AsyncAPI 3.0 document that Archipel writes. */
export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0'
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly defaultContentType: string
  readonly channels: Readonly<Record<string, AsyncApiChannel>>
  readonly operations: Readonly<Record<string, AsyncApiOperation>>
  readonly components: {
    readonly messages: Readonly<Record<string, AsyncApiMessage>>
    readonly schemas: Readonly<Record<string, JsonSchemaObject>>
  }
}

export interface AsyncApiChannel {
  readonly address: string
  readonly description: string
  readonly messages: Readonly<Record<string, Reference>>
}

export interface AsyncApiOperation {
  readonly action: 'send' | 'receive'
  readonly summary: string
  readonly channel: Reference
  readonly messages: readonly Reference[]
}

export interface AsyncApiMessage {
  readonly name: string
  readonly title: string
  readonly contentType: string
  readonly payload: JsonSchema
  readonly correlationId: { readonly location: string }
  /** Fields of the data that say something about a person; in the schema of the data each is marked too. */
  readonly 'x-personal': readonly string[]
  /** The field of the data that orders events. */
  readonly 'x-key': string
  /** How long it stays in the log, in seconds; without it for ever. */
  readonly 'x-retention-seconds'?: number
}
