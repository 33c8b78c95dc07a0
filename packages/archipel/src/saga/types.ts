import type { ForwardAttempt, Principal } from '../call/index.ts'
import type { JsonObject, JsonValue } from '../errors/index.ts'
import type { FrameworkStatement } from '../storage/index.ts'

/** The one command that a step makes: a value, so that it can be stored before it is sent. */
export interface StepCall<TOutput = unknown, TService extends string = string> {
  readonly service: TService
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
  /** Milliseconds since 1970. */
  readonly firstSentAt: number
}

export interface Refusal {
  readonly code: string
  readonly message: string
  readonly details?: JsonObject
}

/** What is known of one attempt at a step. `sent` stays unknown until an answer comes from the key's record. */
export interface Attempt {
  readonly call: StoredCall
  readonly outcome: 'sent' | 'done' | 'refused'
  readonly refusal?: Refusal
}

export interface StepRecord {
  readonly step: string
  /** All forward attempts, the latest last: each has a key of its own. */
  readonly attempts: readonly Attempt[]
  readonly result?: JsonValue
  readonly undo?: readonly Attempt[]
  readonly undone?: boolean
}

/** A request to end a saga before its pivot, and what became of it. */
export type CancelState = 'none' | 'open' | 'taken' | 'too-late'

/** What a write does about an open request to cancel. */
export type CancelRule = 'keep' | 'refuse' | 'taken' | 'too-late'

/** What an operator did, with who and why. */
export interface SagaNote {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly action: 'retry' | 'compensate' | 'give-up' | 'cancel'
  readonly who: string
  readonly why: string
}

/** What names one saga within its service. */
export interface SagaReference {
  readonly saga: string
  readonly id: string
}

/** The whole of a saga: one row. Every write names the owner and its `fence`, which stand in the row itself. */
export interface SagaInstance extends SagaReference {
  readonly service: string
  readonly version: number
  readonly status: SagaStatus
  /** Which way it went before it was stuck or ended. */
  readonly direction: 'forward' | 'backward'
  readonly input: JsonValue
  readonly steps: readonly StepRecord[]
  /** Tries of the present call whose outcome stayed unknown. */
  readonly tries: number
  /** Milliseconds since 1970: when it goes on. */
  readonly dueAt: number
  readonly fence: number
  readonly principal: Principal | undefined
  readonly correlationId: string
  readonly traceparent: string | undefined
  readonly cancel: CancelState
  /** Why it turned back: what its undo functions see as `failure`. */
  readonly reason: JsonObject | undefined
  /** What a person has to look at while it is stuck. */
  readonly stuckOn: JsonObject | undefined
  /** The error of the latest try whose outcome stayed unknown. */
  readonly lastError: Refusal | undefined
  readonly notes: readonly SagaNote[]
  readonly startedAt: number
}

/** `cancel-requested`: nothing was written, as a request to cancel must be heard before the next step starts. */
export type SaveOutcome = 'saved' | 'lost' | 'cancel-requested'

export interface SaveOptions {
  /** Gives the saga up: any instance may take it when it is due. */
  readonly release: boolean
  /** What becomes of an open request to cancel; with `refuse` nothing is written while one is open. */
  readonly onCancelRequest: CancelRule
}

export interface SagaFilter {
  readonly status?: SagaStatus | undefined
  readonly saga?: string | undefined
  /** Only sagas whose present call has had at least so many tries without a known outcome. */
  readonly tries?: number | undefined
  /** Only what comes after it in the list. */
  readonly after?: SagaReference | undefined
  readonly limit?: number | undefined
}

export interface SagaCount {
  readonly saga: string
  readonly version: number
  readonly status: SagaStatus
  readonly count: number
  /** Of these: due for ten seconds, and nobody owns them. */
  readonly overdue: number
}

/** What a look at all sagas of a service finds, for metrics and alarms. */
export interface SagaCensus {
  /** Sagas that have not ended. */
  readonly counts: readonly SagaCount[]
  /** Requests to cancel that have been open for ten seconds while nobody owned the saga. */
  readonly unheardCancels: readonly SagaReference[]
}

/** Where sagas live: rows of the service that starts them. Leases are measured by the store's own clock. */
export interface SagaStore {
  /** How long an owner that doesn't renew keeps a saga. */
  readonly leaseMs: number
  /** Statement for the starting transaction; starting one id twice is one saga. With `owner` the starter also owns it at once. */
  start(saga: SagaInstance, owner: string | undefined): FrameworkStatement
  /** Statement for a transaction that asks for the end of a saga. An ended saga answers "too late" in the same statement. */
  requestCancel(saga: string, id: string, reason: JsonObject | undefined): FrameworkStatement
  /**
   * Takes ownership of sagas that are due and free, of the versions named, raising their fence. What is due after `farMs` is
   * due now: nothing waits that long, so it was put off by a clock that has been set back since.
   */
  claimDue(
    owner: string,
    versions: readonly { saga: string; version: number }[],
    nowMs: number,
    limit: number,
    farMs?: number,
  ): Promise<SagaInstance[]>
  /** Takes ownership of one saga that is free or stuck, due or not, for an operator's action. */
  claim(owner: string, reference: SagaReference): Promise<SagaInstance | undefined>
  /** Writes the next state, if `owner` with the saga's fence still owns it. After `lost`: stop at once. */
  save(saga: SagaInstance, owner: string, options: SaveOptions): Promise<SaveOutcome>
  /** Keeps what is owned; returns those that were lost. */
  renew(owner: string, references: readonly SagaReference[]): Promise<SagaReference[]>
  /** Owned sagas with an open request to cancel. */
  cancelRequests(owner: string): Promise<SagaReference[]>
  /** Runs one of its statements in a transaction of its own. */
  execute(statement: FrameworkStatement): Promise<void>
  find(reference: SagaReference): Promise<SagaInstance | undefined>
  /** In falling order of name and id: ids that rise with time come latest first. */
  list(filter: SagaFilter): Promise<SagaInstance[]>
  census(): Promise<SagaCensus>
}

/** What an undo must know of the forward attempts of its step. */
export type Undoes = readonly ForwardAttempt[]
