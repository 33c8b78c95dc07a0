import type { CallBounds, CallRequest, Principal } from '../../call/index.ts'
import type { Environment } from '../../environment/index.ts'
import type { OperatorAction } from '../../messaging/index.ts'
import type { FrameworkStatement } from '../../storage/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import type { SagaDefinition } from '../definition/types.ts'
import type { SagaCensus, SagaFilter, SagaInstance, SagaReference, SagaStore } from '../types.ts'

export interface SagaEngineOptions {
  readonly environment: Environment
  readonly telemetry: Telemetry
  /** The service whose sagas these are: the caller of every step. */
  readonly service: string
  /** Names this run of this process; never used again by another. */
  readonly instance: string
  /** All versions that something may still run on. */
  readonly definitions: readonly SagaDefinition[]
  readonly store: SagaStore
  /** One try of a call: the engine itself repeats. */
  readonly call: (request: CallRequest, bounds: CallBounds) => Promise<unknown>
  readonly options?: SagaEngineTuning
}

export interface SagaEngineTuning {
  /** Sagas at work at once in this process, default 64. */
  readonly concurrency?: number
  /** How often due sagas are looked for, default 250. */
  readonly sweepMs?: number
  /** How long one try of a call may take, default 10,000. */
  readonly tryMs?: number
  /** A saga that waits longer than this is handed back and taken again when it is due, default 5,000. */
  readonly holdMs?: number
  /** How often the census is taken for alarms and gauges, default 5,000. */
  readonly censusMs?: number
}

/** Who starts a saga, and under which trace. */
export interface SagaOrigin {
  readonly principal: Principal | undefined
  readonly correlationId: string
  readonly traceparent: string | undefined
}

/** A saga that is about to exist: its row for the starting transaction, and what to adopt after the commit. */
export interface StartedSaga {
  readonly statement: FrameworkStatement
  readonly instance: SagaInstance
}

export interface SagaEngine {
  /**
   * Prepares the start of a saga; nothing happens until the statement commits. Starting one id twice is one saga.
   * @throws ARC_INPUT_INVALID for an input or an id that doesn't fit
   */
  start(saga: string, id: string, input: unknown, origin: SagaOrigin): StartedSaga
  /** Statement that asks for the end of a saga, for a transaction. */
  requestCancel(saga: string, id: string, reason?: string): FrameworkStatement
  /** Goes on in memory with a saga whose start has just committed here. */
  adopt(instance: SagaInstance): void
  /** Begins to take sagas that are due. */
  run(): void
  /** Takes nothing new, ends the calls in flight (at most `graceMs`, default 5,000), hands everything back. */
  drain(graceMs?: number): Promise<void>
  close(): Promise<void>
  /** Resolves once nothing is at work or waiting in this process. */
  idle(): Promise<void>
  /** Sagas that have not ended, as last counted: for gauges. */
  readonly census: SagaCensus

  list(filter?: SagaFilter): Promise<SagaInstance[]>
  show(reference: SagaReference): Promise<SagaInstance>
  /** What needs a person: stuck sagas, and those whose present call has been tried often without a known outcome. */
  stuck(): Promise<SagaInstance[]>
  /** Asks again: under a new key where the former one holds a refusal, else under the same. */
  retry(reference: SagaReference, action: OperatorAction): Promise<SagaInstance>
  /** Undoes in reverse; refused once the pivot may be done. */
  compensate(reference: SagaReference, action: OperatorAction): Promise<SagaInstance>
  /** Leaves a stuck saga as it is. */
  giveUp(reference: SagaReference, action: OperatorAction): Promise<SagaInstance>
  /** Asks a saga to end, as `cancel` in a transaction does. */
  cancel(reference: SagaReference, action: OperatorAction): Promise<SagaInstance>
}
