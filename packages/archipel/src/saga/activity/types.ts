// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every schema and step fits, and none leaves as a value.
import type { ErrorDefinition, Events, DataOf, Schema } from '../../contract/index.ts'
import type { DeclaredError, Principal, QueryClient } from '../../call/index.ts'
import type { JsonValue } from '../../errors/index.ts'
import type { Leftovers } from '../../messaging/index.ts'
import type { StoredRefusal, Transaction, WriteDatabase } from '../../storage/index.ts'
import type { ResolvedRetry, Uses } from '../definition/types.ts'

/**
 * Makers of the errors that the operation declares. Thrown, one leaves nothing behind of what was written; returned
 * from `settle`, it is the answer and what was written stays.
 */
export type ErrorMakers<TErrors extends Record<string, unknown>> = {
  readonly [TCode in keyof TErrors & string]: (
    ...args: undefined extends TErrors[TCode]
      ? [details?: TErrors[TCode], message?: string]
      : [details: TErrors[TCode], message?: string]
  ) => DeclaredError<Pick<TErrors, TCode>>
}

/** Puts an event of the contract into the transaction. */
export type Publishers<TEvents extends Events> = {
  readonly [TEvent in keyof TEvents]: (data: DataOf<TEvents[TEvent]>) => void
}

/** What the two transactions of an activity see. Both end with what they wrote, or without a trace. */
export interface ActivityTransactionContext<TErrors extends Record<string, unknown>, TEvents extends Events> {
  readonly db: WriteDatabase
  readonly publish: Publishers<TEvents>
  /** Errors that the operation declares: a final one is stored as the answer of the key. */
  readonly errors: ErrorMakers<TErrors>
  /** The key under which the effect is (or was) asked for: tell it to the other side, keep it to look it up. */
  readonly key: string
  readonly principal: Principal | undefined
  readonly correlationId: string
  /** The present time as an ISO 8601 instant in UTC. */
  now(): string
  /** A new UUIDv7. */
  id(): string
}

export interface SettleContext<
  TInput,
  TIntent,
  TErrors extends Record<string, unknown>,
  TEvents extends Events,
> extends ActivityTransactionContext<TErrors, TEvents> {
  readonly input: TInput
  readonly intent: TIntent
}

/** What bounds one try of an effect. */
export interface EffectBounds {
  /** The same in each repeat: the other side must honour it, or the activity says `repeat: 'never'`. */
  readonly key: string
  readonly signal: AbortSignal
  /** A reading of the monotonic clock: when the try ends, and its signal with it. */
  readonly deadlineAt: number
  /** 1 for the first sending. */
  readonly attempt: number
}

/** What the effect sees: no database. It returns a known outcome, and throws for an unknown one. */
export type EffectContext<TEffects, TUses extends Uses = {}> = Omit<EffectBounds, 'deadlineAt'> & {
  /**
   * Throw what this makes of a failure when it is certain that nothing has left: the effect is tried again, also
   * with `repeat: 'never'`.
   */
  nothingSent(cause: unknown): Error
} & TEffects & { readonly [TName in keyof TUses]: QueryClient<TUses[TName]> }

export type RepeatRule = 'same-key' | 'never'

/** What the service room binds: an activity with its types erased and its contexts filled in. */
export interface BoundActivity {
  readonly operation: string
  readonly repeat: RepeatRule
  readonly keyLifetimeMs: number
  /** Waits between tries; undefined: those of who runs it. */
  readonly retry?: ResolvedRetry | undefined
  /** Of those that transactions started; undefined: as who runs it says. */
  readonly atOnce?: number | undefined
  /** Inside transaction 1. A refusal is stored as the key's answer; nothing is sent. */
  intend(
    input: JsonValue,
    transaction: Transaction,
    context: ActivityCall,
    whose: TransactionOwner,
  ): Promise<Intended | Refused>
  /** Outside any transaction. Returns a known outcome; throws ARC_NOTHING_SENT; whatever else it throws is an unknown one. */
  effect(intent: JsonValue, bounds: EffectBounds, context: ActivityCall): Promise<JsonValue>
  /** Inside transaction 2: what the outcome means. */
  settle(
    outcome: JsonValue,
    intent: JsonValue,
    transaction: Transaction,
    context: ActivityCall,
    whose: TransactionOwner,
  ): Promise<Settled | Refused>
}

/**
 * Whose the transaction of a moment is. In one that is shared with others, a refusal that is thrown takes back what its
 * moment wrote, and that alone; its own one, who runs it rolls back.
 */
export type TransactionOwner = 'own' | 'shared'

/** What belongs to one request of an activity, the same in its first run and after any crash. */
export interface ActivityCall {
  readonly key: string
  readonly input: JsonValue
  readonly principal: Principal | undefined
  readonly correlationId: string
  readonly traceparent: string | undefined
}

export interface Intended {
  readonly intent: JsonValue
  readonly leftovers: Leftovers
}
export interface Settled {
  readonly answer: JsonValue
  readonly leftovers: Leftovers
}
export interface Refused {
  readonly refusal: StoredRefusal
  /** It was thrown in a transaction of its own: nothing that was written there may stay. */
  readonly undo?: boolean | undefined
  /** What goes with a refusal that was returned; one that was thrown leaves nothing. */
  readonly leftovers: Leftovers
}

/** An activity as the chain `.intend().effect().settle()` builds it. */
export interface ActivityDefinition<
  TName extends string = string,
  TCallerInput = any,
  TInput = any,
  TOutput = any,
  TErrors extends Record<string, unknown> = any,
  TEvents extends Events = any,
> {
  readonly name: TName
  readonly input: Schema<TCallerInput, TInput>
  readonly output: Schema<TOutput>
  readonly errors: { readonly [TCode in keyof TErrors]: ErrorDefinition<TErrors[TCode]> }
  readonly events: TEvents
  readonly repeat: RepeatRule
  readonly keyLifetimeMs: number
  readonly retry: ResolvedRetry | undefined
  readonly atOnce: number | undefined
  readonly effects: Readonly<Record<string, unknown>>
  readonly uses: Uses
  readonly intend: (input: TInput, context: ActivityTransactionContext<TErrors, TEvents>) => Promise<any>
  readonly effect: (intent: any, context: any) => Promise<any>
  readonly settle: (
    outcome: any,
    context: SettleContext<TInput, any, TErrors, TEvents>,
  ) => Promise<TOutput | DeclaredError<TErrors>>
}
