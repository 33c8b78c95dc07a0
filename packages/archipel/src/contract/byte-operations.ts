import { z } from 'zod'
import {
  define,
  type ErrorDefinitions,
  type OperationFor,
  type OperationOptions,
} from './define-operation.ts'
import type { Access, AnySchema, CacheRule } from './types.ts'

/** What an upload says about itself. */
export interface UploadOptions<
  TInput extends AnySchema,
  TOutput extends AnySchema,
  TErrors extends ErrorDefinitions,
  TAccess extends Access = Access,
> extends OperationOptions<TInput, TOutput, TErrors, 'POST' | 'PUT', TAccess> {
  /** The longest body, in bytes; a longer one is refused as soon as that is known: 413. */
  readonly maxBytes: number
  /** What a body may call itself, such as `image/png`; anything else is refused before it is read: 415. */
  readonly contentTypes: readonly [string, ...string[]]
}

/** What a download says about itself. */
export interface DownloadOptions<
  TInput extends AnySchema,
  TErrors extends ErrorDefinitions,
  TAccess extends Access = Access,
> extends Omit<OperationOptions<TInput, AnySchema, TErrors, 'GET', TAccess>, 'output'> {
  /** What its bytes can be, such as `image/png`. */
  readonly contentTypes: readonly [string, ...string[]]
  /** As of a query; without it what is public is asked for anew each time, with its `ETag`. */
  readonly cache?: CacheRule
}

/**
 * A command whose body is bytes, of any length up to `maxBytes`. They are taken in before its transaction begins, no
 * faster than they can be put aside, so that a slow sender holds no connection of the database; one that is cut leaves
 * nothing. The input comes from path and query string. The same key with the same input and the same bytes has one
 * answer; with others it is refused (`ARC_KEY_REUSED`).
 */
export function upload<
  TInput extends AnySchema,
  TOutput extends AnySchema,
  const TAccess extends Access,
  TErrors extends ErrorDefinitions = Record<never, never>,
>(
  options: UploadOptions<TInput, TOutput, TErrors, TAccess>,
): OperationFor<'upload', TInput, TOutput, TErrors, TAccess> {
  const { maxBytes, contentTypes } = options
  return define('upload', { ...options, bytes: { maxBytes, contentTypes: Object.freeze([...contentTypes]) } })
}

/** The answer of a download is no JSON. */
const NOTHING = z.object({})

/**
 * A read whose answer is bytes, given no faster than the reader takes them. Over HTTP with `ETag`, `Range` and HEAD,
 * as far as the handler knows the length and a tag of what it gives.
 */
export function download<
  TInput extends AnySchema,
  const TAccess extends Access,
  TErrors extends ErrorDefinitions = Record<never, never>,
>(
  options: DownloadOptions<TInput, TErrors, TAccess>,
): OperationFor<'download', TInput, typeof NOTHING, TErrors, TAccess> {
  const bytes = { maxBytes: undefined, contentTypes: Object.freeze([...options.contentTypes]) }
  return define('download', { ...options, output: NOTHING, bytes })
}
