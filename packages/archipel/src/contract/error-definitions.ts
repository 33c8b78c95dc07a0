import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ErrorKind } from '../errors/index.ts'
import type { AnySchema, ErrorDefinition } from './types.ts'

/** The kinds that a contract can declare; the others are only the framework's to give. */
export type DeclarableKind = Exclude<ErrorKind, 'internal' | 'cancelled' | 'method-not-allowed'>

/** Declares an error of one kind: without a schema it has no details. */
export interface DeclareError {
  (): ErrorDefinition<undefined>
  <TDetails extends AnySchema>(details: TDetails): ErrorDefinition<StandardSchemaV1.InferOutput<TDetails>>
}

function declare(kind: DeclarableKind): DeclareError {
  return (details?: AnySchema) => Object.freeze({ kind, details })
}

/** The input makes no sense, whatever the state: 400. */
export const invalid: DeclareError = declare('invalid')
/** The caller could not be identified: 401. */
export const unauthenticated: DeclareError = declare('unauthenticated')
/** The caller is known and may not: 403. */
export const forbidden: DeclareError = declare('forbidden')
/** There is no such thing: 404. */
export const notFound: DeclareError = declare('not-found')
/** The present state is in the way: 409. */
export const conflict: DeclareError = declare('conflict')
/** More than the operation takes: 413. */
export const tooLarge: DeclareError = declare('too-large')
/** A form of content that the operation doesn't read: 415. */
export const unsupported: DeclareError = declare('unsupported')
/** A rule of the business says no: 422. */
export const refused: DeclareError = declare('refused')
/** Too often in a short time: 429. Retryable, never stored as the answer of a key. */
export const limited: DeclareError = declare('limited')
/** Not possible at the moment: 503. Retryable, never stored as the answer of a key. */
export const unavailable: DeclareError = declare('unavailable')
/** Not finished in time: 504. Retryable, never stored as the answer of a key. */
export const timedOut: DeclareError = declare('timed-out')
