// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every schema and operation fits, and none leaves as a value.
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { parseRoute, type HttpOptions } from './http-binding.ts'
import type { Access, AnySchema, ErrorDefinition, HttpMethod, Operation, OperationKind } from './types.ts'

type ErrorDefinitions = Readonly<Record<string, ErrorDefinition<any>>>

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

/** What a query says about itself; `...page(Item)` fills `input`, `output` and `paged`. */
export interface QueryOptions<
  TInput extends AnySchema,
  TOutput extends AnySchema,
  TErrors extends ErrorDefinitions,
  TAccess extends Access = Access,
> extends OperationOptions<TInput, TOutput, TErrors, 'GET' | 'POST', TAccess> {
  readonly paged?: boolean
}

/** What a command says about itself. */
export interface CommandOptions<
  TInput extends AnySchema,
  TOutput extends AnySchema,
  TErrors extends ErrorDefinitions,
  TAccess extends Access = Access,
> extends OperationOptions<TInput, TOutput, TErrors, 'POST' | 'PUT' | 'PATCH' | 'DELETE', TAccess> {
  /** The answer is a secret (a token): it is never stored, a repeat runs again, and no layer retries it. Default: false. */
  readonly secret?: boolean
}

type OperationFor<
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
}

function define<TKind extends OperationKind, TAccess extends Access>(
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
    summary: options.summary,
  })
}

/** A read: changes nothing, may be repeated and may ask other services. Over HTTP a GET, or a POST for a large input. */
export function query<
  TInput extends AnySchema,
  TOutput extends AnySchema,
  const TAccess extends Access,
  TErrors extends ErrorDefinitions = Record<never, never>,
>(
  options: QueryOptions<TInput, TOutput, TErrors, TAccess>,
): OperationFor<'query', TInput, TOutput, TErrors, TAccess> {
  return define('query', options)
}

/** A change, in one transaction with its events and its idempotency record. */
export function command<
  TInput extends AnySchema,
  TOutput extends AnySchema,
  const TAccess extends Access,
  TErrors extends ErrorDefinitions = Record<never, never>,
>(
  options: CommandOptions<TInput, TOutput, TErrors, TAccess>,
): OperationFor<'command', TInput, TOutput, TErrors, TAccess> {
  return define('command', options)
}

/** Many items, each with an id by which a reader resumes. Over HTTP server-sent events. */
export function stream<
  TInput extends AnySchema,
  TOutput extends AnySchema,
  const TAccess extends Access,
  TErrors extends ErrorDefinitions = Record<never, never>,
>(
  options: OperationOptions<TInput, TOutput, TErrors, 'GET', TAccess>,
): OperationFor<'stream', TInput, TOutput, TErrors, TAccess> {
  return define('stream', options)
}
