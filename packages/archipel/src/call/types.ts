import type { Effect, ErrorKind, JsonObject } from '../errors/index.ts'

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

/** The body of an upload on its way: read once, in order, and no faster than its bytes are taken. */
export interface IncomingBody {
  /** As its sender calls it: type and subtype, perhaps with parameters. */
  readonly contentType: string
  /** How many bytes there will be, where that is known. */
  readonly length: number | undefined
  readonly bytes: AsyncIterable<Uint8Array>
}

/** The answer of a download: what it is, and the way to its bytes. Until they are read, nothing is held for it. */
export interface Download {
  readonly contentType: string
  readonly length: number | undefined
  /** Differs where the bytes differ: visible ASCII without quotes. */
  readonly entityTag: string | undefined
  /** The bytes from `from` up to, not including, `to`; without a known length only all of them: 0 to Infinity. */
  read(from: number, to: number): AsyncIterable<Uint8Array>
}

/** One call as a transport carries it. */
export interface CallRequest {
  readonly service: string
  readonly operation: string
  readonly input: unknown
  readonly metadata: CallMetadata
  /** Only of an upload. It travels behind the rest. */
  readonly body?: IncomingBody | undefined
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
  /** The bounds hold until the last byte. */
  download(request: CallRequest, bounds: CallBounds): Promise<Download>
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
  download(request: CallRequest, bounds: CallBounds): Promise<Download>
}
