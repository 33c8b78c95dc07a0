// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every schema and operation fits, and none leaves as a value.
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { Duration } from '../environment/index.ts'
import type { ErrorKind } from '../errors/index.ts'

/** Any schema that validates and can describe itself as JSON Schema (Zod 4 and others). */
export type Schema<TInput = unknown, TOutput = TInput> = StandardSchemaV1<TInput, TOutput> &
  StandardJSONSchemaV1<TInput, TOutput>

/** Any schema at all; the wildcard stays inside the inference of the builders. */
export type AnySchema = Schema<any, any>

export type OperationKind = 'query' | 'command' | 'stream' | 'upload' | 'download'

/** Who may call. There is no default; `internal` is never routable from outside. */
export type Access =
  | 'public'
  | 'internal'
  | { readonly roles: readonly string[] }
  | { readonly scope: string }
  | { readonly owner: string }
  | { readonly anyOf: readonly Access[] }

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface HttpBinding {
  readonly method: HttpMethod
  /** An OpenAPI path template such as `/products/{sku}`. */
  readonly path: string
  /** Status of success; default 200. */
  readonly status: number
  /** Template of the `Location` header, filled from the output, such as `/orders/{id}`. */
  readonly location?: string | undefined
}

export interface ErrorDefinition<TDetails = unknown> {
  readonly kind: ErrorKind
  readonly details: Schema<TDetails> | undefined
}

/** How long an answer may be kept by who got it. */
export interface CacheRule {
  /** Whole seconds; afterwards it is asked for again, with its `ETag`. */
  readonly maxAge: Duration
}

/** The bytes of an upload or a download. */
export interface BytesRule {
  /** Of an upload: what its body may call itself. Of a download: what it can be. Such as `image/png`. */
  readonly contentTypes: readonly string[]
  /** Of an upload: the longest body. */
  readonly maxBytes: number | undefined
}

/**
 * One thing a caller can ask for. The type parameters are resolved types, not schema types, so that messages
 * stay short: what a caller passes, what the handler sees, what comes back, and the details of each error.
 */
export interface Operation<
  TKind extends OperationKind = OperationKind,
  TCallerInput = any,
  TInput = any,
  TOutput = any,
  TErrors extends Record<string, unknown> = any,
  TAccess extends Access = Access,
> {
  readonly kind: TKind
  readonly http: HttpBinding | undefined
  /** Its literal type decides whether handlers have a principal and whether `ownerOf` is required. */
  readonly access: TAccess
  readonly input: Schema<TCallerInput, TInput>
  /** Of a stream: the schema of one item. Of a download: nothing, its answer is bytes. */
  readonly output: Schema<TOutput>
  readonly errors: { readonly [TCode in keyof TErrors]: ErrorDefinition<TErrors[TCode]> }
  /** The answer is a secret: never stored, a repeat runs again, no layer retries it. */
  readonly secret: boolean
  /** A list with `limit` and `cursor`. */
  readonly paged: boolean
  /** Of a query or a download whose answer may be kept. */
  readonly cache: CacheRule | undefined
  /** Of an upload or a download. */
  readonly bytes: BytesRule | undefined
  readonly summary: string | undefined
}

export interface EventDefinition<TData = any, TVersion extends number = number> {
  readonly data: Schema<TData>
  /** The field of the data that orders events. */
  readonly key: string
  readonly version: TVersion
  /** Fields of the data that say something about a person, such as `email` or `lines[].note`. */
  readonly personal: readonly string[]
  /** How long it stays in the log; undefined: for ever. */
  readonly retentionMs: number | undefined
}

/** An event as its contract publishes it: it knows its publisher and its CloudEvents type. */
export interface PublishedEventType<
  TData = any,
  TType extends string = string,
> extends EventDefinition<TData> {
  readonly publisher: string
  readonly name: string
  /** `catalogue.productAdded.v1` */
  readonly type: TType
}

export type Operations = Readonly<Record<string, Operation>>
export type Events = Readonly<Record<string, PublishedEventType>>

export interface Contract<
  TName extends string = string,
  TOperations extends Operations = Operations,
  TEvents extends Events = Events,
> {
  readonly name: TName
  readonly version: string
  readonly operations: TOperations
  readonly events: TEvents
}

export type CallerInputOf<TOperation> =
  TOperation extends Operation<any, infer TCallerInput, any, any, any, any> ? TCallerInput : never
export type InputOf<TOperation> =
  TOperation extends Operation<any, any, infer TInput, any, any, any> ? TInput : never
export type OutputOf<TOperation> =
  TOperation extends Operation<any, any, any, infer TOutput, any, any> ? TOutput : never
export type ErrorsOf<TOperation> =
  TOperation extends Operation<any, any, any, any, infer TErrors, any> ? TErrors : never
export type AccessOf<TOperation> =
  TOperation extends Operation<any, any, any, any, any, infer TAccess> ? TAccess : never
export type DataOf<TEvent> = TEvent extends EventDefinition<infer TData> ? TData : never

/** The names of a contract's operations of one kind. */
export type NamesOfKind<TContract extends Contract, TKind extends OperationKind> = {
  [TName in keyof TContract['operations']]: TContract['operations'][TName]['kind'] extends TKind
    ? TName
    : never
}[keyof TContract['operations']] &
  string
