import { durationMs } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'
import type { Operation } from '../contract/index.ts'
import type { Bounds, BoundsSource } from './bounds.ts'
import { failedCall } from './failed-call.ts'
import { createFlows } from './flows.ts'
import type { CallOptions, CallPipeline, CallTarget, Outbound, SendOptions } from './outbound.ts'
import { PendingCall, type CallTreatment, type PendingCallParts } from './pending-call.ts'
import { isRepeatable, RetryBudget } from './retry.ts'
import type { CallMetadata, CallRequest } from './types.ts'

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
    if (refusal) return failedCall(refusal, target)
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

  return { call, ...createFlows(transport, source) }
}
