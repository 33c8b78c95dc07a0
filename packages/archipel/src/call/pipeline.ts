import { durationMs } from '../environment/index.ts'
import { frameworkError, isArchipelError, type ArchipelError } from '../errors/index.ts'
import type { Operation } from '../contract/index.ts'
import type { Bounds, BoundsSource } from './bounds.ts'
import type {
  CallOptions,
  CallPipeline,
  CallTarget,
  Outbound,
  SendOptions,
  StreamOptions,
} from './outbound.ts'
import { PendingCall, type CallTreatment, type PendingCallParts } from './pending-call.ts'
import { isRepeatable, RetryBudget } from './retry.ts'
import type { CallMetadata, CallRequest, Download, StreamItem } from './types.ts'
import { carriedError } from './wire.ts'

export interface PipelineOptions extends Omit<PendingCallParts, 'budget'> {
  readonly bounds: BoundsSource
}

const REPEATABLE_READ: CallTreatment = { repeatable: true, effectWhenLost: 'none', ownsBounds: false }
const REPEATABLE_READ_ALONE: CallTreatment = { ...REPEATABLE_READ, ownsBounds: true }

function treatmentOf(definition: Operation, key: string | undefined, ownsBounds: boolean): CallTreatment {
  if (definition.kind === 'query') return ownsBounds ? REPEATABLE_READ_ALONE : REPEATABLE_READ
  return {
    repeatable: isRepeatable(definition.kind, definition.secret, key),
    effectWhenLost: 'unknown',
    ownsBounds,
  }
}

function needsOwnBounds(outbound: Outbound, options: CallOptions | undefined): boolean {
  return outbound.bounds === undefined || options?.signal !== undefined || options?.deadline !== undefined
}

function ownBounds(
  source: BoundsSource,
  outbound: Outbound,
  options: CallOptions | undefined,
  now: number,
): Bounds {
  const timeoutMs = options?.deadline === undefined ? undefined : durationMs(options.deadline)
  const bounds =
    outbound.bounds === undefined
      ? source.open(timeoutMs, now)
      : source.within(outbound.bounds, timeoutMs, now)
  if (options?.signal) bounds.follow(options.signal)
  return bounds
}

/** A stream has no end of its own, only its reader's. */
function streamBounds(source: BoundsSource, outbound: Outbound, options: StreamOptions | undefined): Bounds {
  const bounds = outbound.bounds === undefined ? source.open(Infinity) : source.within(outbound.bounds)
  if (options?.signal) bounds.follow(options.signal)
  return bounds
}

function withKey(metadata: CallMetadata, key: string | undefined): CallMetadata {
  const { caller, principal, correlationId, traceparent, undoes } = metadata
  return { caller, principal, idempotencyKey: key, correlationId, traceparent, undoes }
}

export function createPipeline(options: PipelineOptions): CallPipeline {
  const { environment, transport, bounds: source } = options
  const parts: PendingCallParts = { environment, transport, budget: new RetryBudget() }

  function metadataFor(
    definition: Operation,
    metadata: CallMetadata,
    callOptions: CallOptions | undefined,
  ): CallMetadata {
    if (definition.kind !== 'command' && definition.kind !== 'upload') return metadata
    // A secret answer is never stored: a key would promise what it can't keep.
    return withKey(
      metadata,
      definition.secret
        ? undefined
        : (callOptions?.key ?? metadata.idempotencyKey ?? environment.identifiers.next()),
    )
  }

  function call(
    target: CallTarget,
    input: unknown,
    outbound: Outbound,
    callOptions?: SendOptions,
  ): Promise<unknown> {
    const { definition } = target
    // Read once, for the deadline and for what the callee measures.
    const sentAt = environment.clock.monotonic()
    const owns = needsOwnBounds(outbound, callOptions)
    const bounds = owns ? ownBounds(source, outbound, callOptions, sentAt) : source.adopt(outbound.bounds!)
    const refusal = bounds.stopped ?? (owns ? undefined : lateness(bounds, sentAt))
    if (refusal) return Promise.reject(refusal)
    const metadata = metadataFor(definition, outbound.metadata, callOptions)
    const { service, operation } = target
    const request: CallRequest = { service, operation, input, metadata, sentAt, body: callOptions?.body }
    const treatment = treatmentOf(definition, metadata.idempotencyKey, owns)
    parts.budget.earn()
    const pending = new PendingCall(parts, request, bounds, treatment)
    pending.send()
    return pending.answer
  }

  /** The third service of a chain starts nothing when the first one's time is up. */
  function lateness(bounds: Bounds, now: number) {
    if (now < bounds.deadlineAt) return undefined
    return frameworkError('ARC_DEADLINE', 'The deadline had passed before the call was sent')
  }

  async function* stream(
    target: CallTarget,
    input: unknown,
    outbound: Outbound,
    streamOptions?: StreamOptions,
  ): AsyncIterable<StreamItem> {
    const { service, operation } = target
    const bounds = streamBounds(source, outbound, streamOptions)
    const request = {
      service,
      operation,
      input,
      metadata: { ...outbound.metadata, lastEventId: streamOptions?.lastEventId },
    }
    try {
      yield* transport.stream(request, bounds)
    } catch (error) {
      throw carried(error, outbound)
    } finally {
      bounds.cancel('The reader of the stream left')
    }
  }

  async function download(
    target: CallTarget,
    input: unknown,
    outbound: Outbound,
    downloadOptions?: Pick<StreamOptions, 'signal'>,
  ): Promise<Download> {
    const { service, operation } = target
    const bounds = streamBounds(source, outbound, downloadOptions)
    try {
      const found = await transport.download(
        { service, operation, input, metadata: outbound.metadata },
        bounds,
      )
      return { ...found, read: (from, to) => bytesWithin(found.read(from, to), bounds, outbound) }
    } catch (error) {
      bounds.close()
      throw carried(error, outbound)
    }
  }

  async function* bytesWithin(
    bytes: AsyncIterable<Uint8Array>,
    bounds: Bounds,
    outbound: Outbound,
  ): AsyncIterable<Uint8Array> {
    try {
      yield* bytes
    } catch (error) {
      throw carried(error, outbound)
    } finally {
      bounds.close()
    }
  }

  function carried(error: unknown, { metadata }: Outbound): ArchipelError {
    return isArchipelError(error)
      ? carriedError(error, metadata.correlationId)
      : frameworkError('ARC_INTERNAL', 'The transport failed', { cause: error })
  }

  return { call, stream, download }
}
