// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every schema and step fits, and none leaves as a value.
import type { DeclaredError } from '../../call/index.ts'
import type { ErrorDefinition, Events, Schema } from '../../contract/index.ts'
import { durationMs, type Duration } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import type { ResolvedRetry, RetryOptions, Uses } from '../definition/types.ts'
import type {
  ActivityDefinition,
  ActivityTransactionContext,
  EffectContext,
  RepeatRule,
  SettleContext,
} from './types.ts'

export interface ActivityOptions<
  TCallerInput,
  TInput,
  TOutput,
  TErrors extends Record<string, unknown>,
  TEvents extends Events,
  TEffects extends Readonly<Record<string, unknown>>,
  TUses extends Uses = {},
> {
  readonly input: Schema<TCallerInput, TInput>
  readonly output: Schema<TOutput>
  /** The errors of the operation, such as `payments.operations.authorise.errors`. */
  readonly errors?: { readonly [TCode in keyof TErrors]: ErrorDefinition<TErrors[TCode]> }
  /** The events of the contract: what `publish` offers. */
  readonly events?: TEvents
  /** `same-key` (default): the other side honours keys, so the effect repeats until its outcome is known. `never`: at most once. */
  readonly repeat?: RepeatRule
  /** Waits between tries of the effect. Default: `100ms`, twice as long each time up to `5s`. */
  readonly retry?: RetryOptions
  /**
   * How many that transactions started are at work at once in one host, default 8. The rest waits in the database, so
   * that a rush of them leaves room for everything else.
   */
  readonly atOnce?: number
  /** How long the other side remembers a key, default `24h`. An older request is listed for a person, never repeated. */
  readonly keyLifetime?: Duration
  /** Ways to the outside, handed to the effect alone. */
  readonly effects?: TEffects
  /** The contracts that the effect may read from, under the names that it sees; their commands are not there. */
  readonly uses?: TUses
}

/** JSON can be kept between the moments of an activity; anything else would be lost in a crash. */
type MustBeJson<T> = T extends JsonLike ? T : 'intents and outcomes are stored: they must be JSON'
type JsonLike =
  | null
  | boolean
  | number
  | string
  | undefined
  | readonly JsonLike[]
  | { readonly [name: string]: any }

export interface ActivityStart<
  TName extends string,
  TCallerInput,
  TInput,
  TOutput,
  TErrors extends Record<string, unknown>,
  TEvents extends Events,
  TEffects,
  TUses extends Uses,
> {
  /** Transaction 1: what is about to be done, written down together with the key. */
  intend<TIntent>(
    intend: (
      input: TInput,
      context: ActivityTransactionContext<TErrors, TEvents>,
    ) => Promise<TIntent & MustBeJson<TIntent>>,
  ): ActivityWithIntent<TName, TCallerInput, TInput, TOutput, TErrors, TEvents, TEffects, TUses, TIntent>
}

export interface ActivityWithIntent<
  TName extends string,
  TCallerInput,
  TInput,
  TOutput,
  TErrors extends Record<string, unknown>,
  TEvents extends Events,
  TEffects,
  TUses extends Uses,
  TIntent,
> {
  /** Outside any transaction: returns a known outcome (a refusal of the other side too), throws for an unknown one. */
  effect<TOutcome>(
    effect: (
      intent: TIntent,
      context: EffectContext<TEffects, TUses>,
    ) => Promise<TOutcome & MustBeJson<TOutcome>>,
  ): ActivityWithEffect<TName, TCallerInput, TInput, TOutput, TErrors, TEvents, TIntent, TOutcome>
}

export interface ActivityWithEffect<
  TName extends string,
  TCallerInput,
  TInput,
  TOutput,
  TErrors extends Record<string, unknown>,
  TEvents extends Events,
  TIntent,
  TOutcome,
> {
  /** Transaction 2: what the outcome means. Returns the answer, or throws a declared error. */
  settle(
    settle: (
      outcome: TOutcome,
      context: SettleContext<TInput, TIntent, TErrors, TEvents>,
    ) => Promise<TOutput | DeclaredError<TErrors>>,
  ): ActivityDefinition<TName, TCallerInput, TInput, TOutput, TErrors, TEvents>
}

const RESERVED = ['key', 'signal', 'attempt', 'nothingSent']

/**
 * An operation whose effect lies outside our databases, in three moments with a crash possible between any two.
 *
 * @throws ARC_APPLICATION_INVALID for an effect or a contract whose name is taken
 */
export function activity<
  const TName extends string,
  TCallerInput,
  TInput,
  TOutput,
  TErrors extends Record<string, unknown> = {},
  TEvents extends Events = {},
  TEffects extends Readonly<Record<string, unknown>> = {},
  const TUses extends Uses = {},
>(
  name: TName,
  options: ActivityOptions<TCallerInput, TInput, TOutput, TErrors, TEvents, TEffects, TUses>,
): ActivityStart<TName, TCallerInput, TInput, TOutput, TErrors, TEvents, TEffects, TUses> {
  const { input, output } = options
  const effects: Readonly<Record<string, unknown>> = options.effects ?? {}
  const uses: Uses = options.uses ?? {}
  const names = [...RESERVED, ...Object.keys(effects), ...Object.keys(uses)]
  const taken = names.find((word, index) => names.indexOf(word) < index)
  if (taken !== undefined)
    throw frameworkError(
      'ARC_APPLICATION_INVALID',
      `activity '${name}': '${taken}' names two things in its effect`,
    )
  const fixed = {
    name,
    input,
    output,
    // Absent declarations are the empty ones that the type parameters default to.
    errors: options.errors ?? ({} as NonNullable<typeof options.errors>),
    events: options.events ?? ({} as TEvents),
    repeat: options.repeat ?? 'same-key',
    keyLifetimeMs: durationMs(options.keyLifetime ?? '24h'),
    retry: options.retry && resolved(options.retry),
    atOnce: options.atOnce,
    effects,
    uses,
  }
  return {
    intend: (intend) => ({
      effect: (effect) => ({
        settle: (settle) => Object.freeze({ ...fixed, intend, effect, settle }),
      }),
    }),
  }
}

function resolved({ first = '100ms', longest = '5s' }: RetryOptions): ResolvedRetry {
  return { firstDelayMs: durationMs(first), longestDelayMs: durationMs(longest) }
}
