import type { Operation } from '../contract/index.ts'
import type { Duration } from '../environment/index.ts'
import type { CallBounds, CallMetadata, Download, IncomingBody, StreamItem } from './types.ts'

/** How one call differs from the others of its context. */
export interface CallOptions {
  /** At most so long; never longer than what is left to the caller. */
  readonly deadline?: Duration
  /** Gives the call up; the callee is told. */
  readonly signal?: AbortSignal
  /** Only for commands: makes a repeat of the whole program the same command. Default: a fresh one for each call. */
  readonly key?: string
}

/** What a call brings beside its input. */
export interface SendOptions extends CallOptions {
  /** Only of an upload. */
  readonly body?: IncomingBody
}

/** How a stream differs from the others of its context. */
export interface StreamOptions {
  readonly signal?: AbortSignal
  /** The id of the last item that arrived: what came before it is not sent again. */
  readonly lastEventId?: string
}

/** One operation as a client names it. */
export interface CallTarget {
  readonly service: string
  readonly operation: string
  readonly definition: Operation
}

/**
 * Where the calls of one context go out: who calls, on whose behalf, and until when. Without `bounds` each call
 * opens its own, of 10 seconds.
 */
export interface Outbound {
  readonly pipeline: CallPipeline
  readonly metadata: CallMetadata
  readonly bounds: CallBounds | undefined
}

/** The way of one call out of a context: key, deadline, retry of what is safe to repeat, at this layer and no other. */
export interface CallPipeline {
  call(target: CallTarget, input: unknown, outbound: Outbound, options?: SendOptions): Promise<unknown>
  stream(
    target: CallTarget,
    input: unknown,
    outbound: Outbound,
    options?: StreamOptions,
  ): AsyncIterable<StreamItem>
  download(
    target: CallTarget,
    input: unknown,
    outbound: Outbound,
    options?: Pick<StreamOptions, 'signal'>,
  ): Promise<Download>
}
