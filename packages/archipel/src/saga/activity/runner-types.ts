import type { CallBounds, CallMetadata, ForwardAttempt } from '../../call/index.ts'
import type { Environment } from '../../environment/index.ts'
import type { JsonValue } from '../../errors/index.ts'
import type { EventLog, Leftovers, OperatorAction } from '../../messaging/index.ts'
import type { CommandScope, IdempotencyStore, ServiceDatabase, Transaction } from '../../storage/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import type { BoundActivity } from './types.ts'

export interface ActivityRunnerOptions {
  readonly environment: Environment
  readonly telemetry: Telemetry
  /** Names this run of this process; never used again by another. */
  readonly instance: string
  /** Migrated with `activityMigrations`. */
  readonly database: ServiceDatabase
  readonly idempotency: IdempotencyStore
  readonly append: EventLog['append']
  /** More can be added with `register`. */
  readonly activities?: readonly BoundActivity[]
  /** Called after a transaction that published events was committed. */
  readonly kick?: () => void
  readonly options?: ActivityTuning
}

export interface ActivityTuning {
  /** How long an owner that doesn't renew keeps an activity, default 5,000. */
  readonly leaseMs?: number
  /** How often activities without an owner are looked for, default 500. */
  readonly sweepMs?: number
  /** How long one try of the effect may take, default 30,000. */
  readonly tryMs?: number
  /** First wait between tries of an effect, twice as long each time, default 100. */
  readonly firstDelayMs?: number
  /** Longest wait, default 5,000. */
  readonly longestDelayMs?: number
  /** How many of one activity that transactions started are at work at once, default 8. */
  readonly startedAtOnce?: number
  /** How long started ones gather behind the first before they are taken together, default 50. */
  readonly gatherMs?: number
}

/** One activity that a transaction starts, after validation. */
export interface ActivityStart {
  /** The name of its operation. */
  readonly operation: string
  /** The same id twice is one. */
  readonly id: string
  readonly input: JsonValue
  readonly inputHash: Buffer
  readonly metadata: Pick<CallMetadata, 'principal' | 'correlationId' | 'traceparent'>
}

/** One request of an activity, after access and validation. */
export interface ActivityRequest {
  readonly activity: BoundActivity
  readonly scope: CommandScope
  readonly inputHash: Buffer
  readonly input: JsonValue
  readonly undoes: readonly ForwardAttempt[] | undefined
  readonly metadata: Pick<CallMetadata, 'principal' | 'correlationId' | 'traceparent'>
}

/** An effect of which nobody knows whether it happened, for a person to find out. */
export interface UnknownOutcome {
  readonly scope: CommandScope
  /** The key that the other side got. */
  readonly effectKey: string
  readonly intent: JsonValue
  /** Milliseconds since 1970. */
  readonly firstSentAt: number
  readonly attempts: number
  readonly lastError: string | undefined
}

export interface ActivityRunner {
  register(activities: readonly BoundActivity[]): void
  /**
   * Runs an activity to its answer. When `bounds` end before, the caller gets ARC_DEADLINE or ARC_CANCELLED with
   * effect unknown, and the activity goes on by itself.
   * @throws the stored refusal, ARC_KEY_IN_PROGRESS, ARC_KEY_REUSED, ARC_WITHDRAWN
   */
  execute(request: ActivityRequest, bounds: CallBounds): Promise<JsonValue>
  /**
   * Starts activities with a transaction: their intents are written by it, and they are sent if and only if it commits.
   * Those whose id was started before are not. @returns what ends that transaction
   * @throws what an intent fails with: nothing of the transaction may stay then
   */
  start(transaction: Transaction, requests: readonly ActivityStart[]): Promise<Leftovers>
  /** Begins to take activities that transactions started, and those whose owner fell silent. */
  run(): void
  /** Takes nothing new, ends what is in flight (at most `graceMs`, default 5,000), hands the rest back. */
  drain(graceMs?: number): Promise<void>
  close(): Promise<void>
  /** Resolves once nothing is at work, and nothing waits that nobody owns. */
  idle(): Promise<void>

  /** Outcomes that stay unknown. */
  unknown(): Promise<UnknownOutcome[]>
  /** A person found out what happened: settles with this outcome. @throws ARC_ACTION_REFUSED */
  resolve(scope: CommandScope, outcome: JsonValue, action: OperatorAction): Promise<void>
  /** A person decides to send again, under the same key, at their own risk: recorded. @throws ARC_ACTION_REFUSED */
  sendAgain(scope: CommandScope, action: OperatorAction): Promise<void>
}
