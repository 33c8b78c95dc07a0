import type { JsonObject } from './json.ts'
import { ERROR_KINDS, type ErrorKind } from './kinds.ts'

/** Whether the work that was asked for happened: `unknown` when nobody can tell yet. */
export type Effect = 'none' | 'unknown' | 'done'

export interface ArchipelErrorOptions {
  /** Stable and never reused: `ARC_…` for the framework's own, else the name declared in a contract. */
  readonly code: string
  readonly kind: ErrorKind
  readonly message: string
  /** Default: `none`. */
  readonly effect?: Effect | undefined
  readonly details?: JsonObject | undefined
  readonly retryAfterMs?: number | undefined
  /** Stays in this process: never sent. */
  readonly cause?: unknown
  /** Set for an error that a contract declares: only those reach a caller with their details. */
  readonly declaredBy?: string | undefined
}

const BRAND = Symbol.for('archipel.error')

/**
 * The one error of Archipel. It is recognised by a brand, so that two installed copies of the package
 * understand each other; use {@link isArchipelError}, not `instanceof`.
 */
export class ArchipelError extends Error {
  readonly code: string
  readonly kind: ErrorKind
  readonly effect: Effect
  readonly details: JsonObject | undefined
  readonly retryAfterMs: number | undefined
  readonly declaredBy: string | undefined

  constructor(options: ArchipelErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ArchipelError'
    this.code = options.code
    this.kind = options.kind
    this.effect = options.effect ?? 'none'
    this.details = options.details
    this.retryAfterMs = options.retryAfterMs
    this.declaredBy = options.declaredBy
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Whether asking again with the same key would give this same answer. */
  get final(): boolean {
    return ERROR_KINDS[this.kind].final
  }
}

/**
 * The same error, of which the message lists the details: whoever prints it as an object, as Node.js does with what
 * nobody caught, prints them once.
 */
export function listingDetails(error: ArchipelError): ArchipelError {
  return Object.defineProperty(error, 'details', { enumerable: false })
}

export function isArchipelError(value: unknown): value is ArchipelError {
  return typeof value === 'object' && value !== null && BRAND in value
}
