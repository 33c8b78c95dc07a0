import type { ForwardAttempt, Principal } from '../call/index.ts'
import type { JsonObject, JsonValue } from '../errors/index.ts'
import type { FrameworkStatement } from '../storage/index.ts'

/** The one command that a step makes: a value, so that it can be stored before it is sent. */
export interface StepCall<TOutput = unknown> {
  readonly service: string
  readonly operation: string
  readonly contractVersion: string
  readonly input: unknown
  /** Type only: what the command answers. */
  readonly output?: TOutput
}

export type SagaStatus =
  | 'running'
  | 'compensating'
  | 'completed'
  | 'compensated'
  /** Needs a person: the reason and the actions are in the stuck list. */
  | 'stuck'
  /** A person decided to leave it as it is. */
  | 'abandoned'

/** A call of a step, as it was stored before it was first sent. A repeat sends exactly this. */
export interface StoredCall {
  readonly service: string
  readonly operation: string
  readonly contractVersion: string
  readonly input: JsonValue
  readonly key: string
  readonly firstSentAt: number
}

/** What is known of one attempt at a step. */
export interface Attempt {
  readonly call: StoredCall
  readonly outcome: 'sent' | 'done' | 'refused'
  readonly refusal?: { readonly code: string; readonly message: string; readonly details?: JsonObject }
}

export interface StepRecord {
  readonly step: string
  /** All forward attempts, the latest last: each has a key of its own. */
  readonly attempts: readonly Attempt[]
  readonly result?: JsonValue
  readonly undo?: readonly Attempt[]
  readonly undone?: boolean
}

/** The whole of a saga: one row. Every write names the owner's `fence`, which stands in the row itself. */
export interface SagaInstance {
  readonly id: string
  readonly service: string
  readonly saga: string
  readonly version: number
  readonly status: SagaStatus
  readonly input: JsonValue
  readonly steps: readonly StepRecord[]
  readonly tries: number
  /** Milliseconds since 1970: when it goes on. */
  readonly dueAt: number
  readonly fence: number
  readonly principal: Principal | undefined
  readonly correlationId: string
  readonly traceparent: string | undefined
  readonly cancelRequested: boolean
  readonly reason: JsonObject | undefined
  readonly startedAt: number
}

/** Where sagas live: rows of the service that starts them. */
export interface SagaStore {
  /** Statement for the starting transaction; starting one id twice is one saga. With `owner` the starter also owns it at once. */
  start(saga: SagaInstance, owner: string | undefined): FrameworkStatement
  /** Statement for a transaction that asks for the end of a saga. */
  requestCancel(saga: string, id: string, reason: JsonObject | undefined): FrameworkStatement
  /** Takes ownership of sagas that are due and free, of the versions named, raising their fence. */
  claimDue(owner: string, versions: readonly { saga: string; version: number }[], nowMs: number, limit: number): Promise<SagaInstance[]>
  /** Writes the next state. @returns false when the fence is no longer the owner's: stop at once. */
  save(saga: SagaInstance, release: boolean): Promise<boolean>
  /** Keeps what is owned; returns the ids that were lost. */
  renew(owner: string, ids: readonly string[]): Promise<string[]>
}

/** What an undo must know of the forward attempts of its step. */
export type Undoes = readonly ForwardAttempt[]
