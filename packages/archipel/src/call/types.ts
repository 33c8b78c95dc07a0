import type { Effect, ErrorKind, JsonObject, JsonValue } from '../errors/index.ts'

/** On whose behalf a call is made. */
export interface Principal {
  readonly id: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}

/** One forward attempt of a saga step, named to its undo with its full idempotency scope. */
export interface ForwardAttempt {
  readonly operation: string
  readonly principal: string
  readonly key: string
  /** Milliseconds since 1970: when it was first sent. */
  readonly firstSentAt: number
}

/** What travels beside the input of a call. All of it is JSON. */
export interface CallMetadata {
  /** The calling service, or `gateway`, or `operator`. */
  readonly caller: string
  readonly principal: Principal | undefined
  readonly idempotencyKey: string | undefined
  readonly correlationId: string
  readonly traceparent: string | undefined
  /** Only on the undo of a saga step. */
  readonly undoes: readonly ForwardAttempt[] | undefined
  /** Only on a stream that is resumed: the id of the last item that the caller has. */
  readonly lastEventId?: string | undefined
}

/** One call as a transport carries it. */
export interface CallRequest {
  readonly service: string
  readonly operation: string
  readonly input: unknown
  readonly metadata: CallMetadata
  /**
   * The monotonic clock when it was sent, for a callee in this process: reading a clock costs a tenth of such a call.
   * It never travels, and a callee without it reads the clock itself.
   */
  readonly sentAt?: number | undefined
}

/** Bounds of one call in this process. A deadline is a reading of the monotonic clock, in milliseconds. */
export interface CallBounds {
  readonly deadlineAt: number
  readonly signal: AbortSignal
}

/** An error as it travels; `code` decides, and an undeclared error comes redacted as `ARC_INTERNAL`. */
export interface WireError {
  readonly code: string
  readonly kind: ErrorKind
  readonly effect: Effect
  readonly message: string
  readonly details?: JsonObject
  readonly retryAfterMs?: number
  readonly declaredBy?: string
}

/**
 * Carries calls to the service that is named, wherever it runs. Routing, validation of input and output, access
 * and idempotency belong to the callee's {@link Endpoint}; retries belong to the caller's pipeline.
 * A call rejects with an {@link ArchipelError}, decoded where it came over a wire.
 */
export interface Transport {
  call(request: CallRequest, bounds: CallBounds): Promise<unknown>
  stream(request: CallRequest, bounds: CallBounds): AsyncIterable<StreamItem>
}

export interface StreamItem {
  readonly id: string
  readonly data: unknown
}

/** What a service offers to transports: everything behind it (validation, access, records, handlers) is the callee's. */
export interface Endpoint {
  readonly service: string
  call(request: CallRequest, bounds: CallBounds): Promise<unknown>
  stream(request: CallRequest, bounds: CallBounds): AsyncIterable<StreamItem>
}

export type { JsonValue }
