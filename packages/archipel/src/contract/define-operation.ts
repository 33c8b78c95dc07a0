// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every schema and operation fits, and none leaves as a value.
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { parseRoute, type HttpOptions } from './http-binding.ts'
import type {
  Access,
  AnySchema,
  BytesRule,
  CacheRule,
  ErrorDefinition,
  HttpMethod,
  Operation,
  OperationKind,
} from './types.ts'

export type ErrorDefinitions = Readonly<Record<string, ErrorDefinition<any>>>

/** The details of each declared error. */
export type DetailsOf<TErrors> = {
  readonly [TCode in keyof TErrors]: TErrors[TCode] extends ErrorDefinition<infer TDetails> ? TDetails : never
}

/** What an operation of any kind says about itself. */
export interface OperationOptions<
  TInput extends AnySchema,
  TOutput extends AnySchema,
  TErrors extends ErrorDefinitions,
  TMethod extends HttpMethod = HttpMethod,
  TAccess extends Access = Access,
> {
  /** Who may call. There is no default. */
  readonly access: TAccess
  /** Left out: the operation can't be reached from outside. */
  readonly http?: HttpOptions<TMethod>
  /** An object; without fields: `z.object({})`. */
  readonly input: TInput
  /** What comes back; of a stream, one item. */
  readonly output: TOutput
  /** The errors that handlers throw and callers tell apart, by UPPER_SNAKE code. */
  readonly errors?: TErrors
  /** One line for the OpenAPI document. */
  readonly summary?: string
}

/** An operation with its types resolved out of the schemas. */
export type OperationFor<
  TKind extends OperationKind,
  TInput extends AnySchema,
  TOutput extends AnySchema,
  TErrors,
  TAccess extends Access,
> = Operation<
  TKind,
  StandardSchemaV1.InferInput<TInput>,
  StandardSchemaV1.InferOutput<TInput>,
  StandardSchemaV1.InferOutput<TOutput>,
  DetailsOf<TErrors>,
  TAccess
>

interface AnyOptions extends OperationOptions<AnySchema, AnySchema, ErrorDefinitions> {
  readonly paged?: boolean
  readonly secret?: boolean
  readonly cache?: CacheRule
  readonly bytes?: BytesRule
}

/** Makes the value of one operation; what is wrong with it is found when its contract is built. */
export function define<TKind extends OperationKind, TAccess extends Access>(
  kind: TKind,
  options: AnyOptions & { readonly access: TAccess },
): Operation<TKind, any, any, any, any, TAccess> {
  return Object.freeze({
    kind,
    http: options.http === undefined ? undefined : parseRoute(options.http),
    access: options.access,
    input: options.input,
    output: options.output,
    errors: Object.freeze({ ...options.errors }),
    secret: options.secret ?? false,
    paged: options.paged ?? false,
    cache: options.cache && Object.freeze({ ...options.cache }),
    bytes: options.bytes && Object.freeze({ ...options.bytes }),
    summary: options.summary,
  })
}
