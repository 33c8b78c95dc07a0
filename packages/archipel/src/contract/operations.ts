import {
  define,
  type ErrorDefinitions,
  type OperationFor,
  type OperationOptions,
} from './define-operation.ts'
import type { Access, AnySchema, CacheRule } from './types.ts'

/** What a query says about itself; `...page(Item)` fills `input`, `output` and `paged`. */
export interface QueryOptions<
  TInput extends AnySchema,
  TOutput extends AnySchema,
  TErrors extends ErrorDefinitions,
  TAccess extends Access = Access,
> extends OperationOptions<TInput, TOutput, TErrors, 'GET' | 'POST', TAccess> {
  readonly paged?: boolean
  /**
   * The answer may be kept so long, and carries an `ETag` to ask with whether it has changed: by anybody where access
   * is public, else by who asked. Only of a GET. Default: it is kept by nobody.
   */
  readonly cache?: CacheRule
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
