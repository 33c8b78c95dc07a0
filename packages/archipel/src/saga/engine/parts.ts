import type { CallBounds, CallRequest } from '../../call/index.ts'
import type { Environment } from '../../environment/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import type { SagaDefinition } from '../definition/types.ts'
import type { SagaInstance, SagaReference, SagaStore } from '../types.ts'
import { createSlots, type Slots } from './slots.ts'
import type { SagaEngineOptions, SagaEngineTuning } from './types.ts'

/** What the parts of one engine share. */
export interface EngineParts {
  readonly environment: Environment
  readonly telemetry: Telemetry
  readonly service: string
  readonly instance: string
  readonly store: SagaStore
  readonly call: (request: CallRequest, bounds: CallBounds) => Promise<unknown>
  readonly tuning: Required<SagaEngineTuning>
  readonly definitions: readonly SagaDefinition[]
  /** No saga waits longer than this between two tries: more is the work of a clock that was set back. */
  readonly longestWaitMs: number
  readonly slots: Slots
  /** Sagas that this process goes on with, by `saga/id`. */
  readonly runs: Map<string, Run>
  /** Called when a saga was handed back until a moment, so that it is taken again in time. */
  handedBack(untilMs: number): void
  ended(): void
}

/** One saga at work in this process. */
export interface Run {
  saga: SagaInstance
  readonly definition: SagaDefinition
  /** Aborted: stop as soon as possible and hand back what is still owned. */
  readonly stop: AbortController
  /** Aborted: end the call in flight too. */
  readonly cut: AbortController
  /** While it waits: ends the wait with a request to cancel. */
  wake: (() => void) | undefined
  /** Settles when this process has let go of the saga. */
  over: Promise<void>
}

/** More than this in one process, waiting ones included, are left to others. */
export const MOST_HELD = 2_000

export function keyOf({ saga, id }: SagaReference): string {
  return `${saga}/${id}`
}

export function definitionOf(
  definitions: readonly SagaDefinition[],
  saga: { saga: string; version: number },
): SagaDefinition | undefined {
  return definitions.find(({ name, version }) => name === saga.saga && version === saga.version)
}

export function createParts(
  options: SagaEngineOptions,
  hooks: Pick<EngineParts, 'handedBack' | 'ended'>,
): EngineParts {
  const tuning = {
    concurrency: 64,
    sweepMs: 250,
    tryMs: 10_000,
    holdMs: 5_000,
    censusMs: 5_000,
    ...options.options,
  }
  const { environment, telemetry, service, instance, store, call, definitions } = options
  return {
    environment,
    telemetry,
    service,
    instance,
    store,
    call,
    definitions,
    tuning,
    longestWaitMs: Math.max(0, ...definitions.flatMap(longestDelays)),
    slots: createSlots(tuning.concurrency),
    runs: new Map(),
    ...hooks,
  }
}

function longestDelays({ steps, closing }: SagaDefinition): number[] {
  return [...steps, ...(closing ? [closing] : [])].map(({ retry }) => retry.longestDelayMs)
}
