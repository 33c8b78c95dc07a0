import type { ForwardAttempt } from '../../call/index.ts'
import type { JsonValue } from '../../errors/index.ts'
import type { Refusal, SagaInstance, SagaNote, StoredCall } from '../types.ts'

/** What can happen to a saga. An outcome names the key it belongs to: one that comes late is told by it. */
export type SagaEvent =
  /** A new owner goes on with what is stored. */
  | { readonly is: 'resumed' }
  /** The wait for the next try is over. */
  | { readonly is: 'due' }
  | { readonly is: 'answered'; readonly key: string; readonly result: JsonValue }
  /** The key's record holds a refusal, or the key is withdrawn: final. */
  | { readonly is: 'refused'; readonly key: string; readonly refusal: Refusal }
  /** Anything else: this try says nothing about the step. */
  | {
      readonly is: 'unknown'
      readonly key: string
      readonly error: Refusal
      readonly retryAfterMs?: number | undefined
    }
  /** The key's record belongs to another input: no repeat can help. */
  | { readonly is: 'impossible'; readonly key: string; readonly error: Refusal }
  | { readonly is: 'cancel' }
  | { readonly is: 'retry'; readonly note: SagaNote }
  | { readonly is: 'compensate'; readonly note: SagaNote }
  | { readonly is: 'give-up'; readonly note: SagaNote }

/** What its owner has to do, after the new state is stored. */
export type SagaAction =
  | { readonly do: 'send'; readonly send: Sending }
  | { readonly do: 'wait'; readonly untilMs: number }
  /** The saga ended, or waits for a person. */
  | { readonly do: 'rest' }
  /** The event doesn't concern the present state: a late reply, a cancel that must wait for the pivot. */
  | { readonly do: 'ignore' }

export interface Sending {
  readonly step: string
  readonly way: 'run' | 'undo'
  readonly call: StoredCall
  readonly undoes: readonly ForwardAttempt[] | undefined
  /** Wall time after which an unknown outcome isn't asked for any more. */
  readonly giveUpAtMs: number | undefined
}

export interface Move {
  readonly saga: SagaInstance
  readonly action: SagaAction
  /** Whether the state changed and must be stored before the action. */
  readonly write: boolean
}

/** What transitions need from outside; handed in, so that they stay pure. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number
  /** A number in [0, 1), for the jitter of waits. */
  readonly random: number
}
