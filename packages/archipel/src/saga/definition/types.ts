// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every schema and step fits, and none leaves as a value.
import type { CallerInputOf, Contract, NamesOfKind, OutputOf, Schema } from '../../contract/index.ts'
import type { Duration } from '../../environment/index.ts'
import type { Refusal, StepCall } from '../types.ts'

/** The contracts whose commands a saga may call, under the names its steps use. */
export type Uses = Readonly<Record<string, Contract>>

/** Calls of commands as values: nothing is sent, the engine stores the call before it goes out. */
export type SagaClients<TUses extends Uses> = {
  readonly [TService in keyof TUses]: CommandClient<TUses[TService]>
}

export type CommandClient<TContract extends Contract> = {
  readonly [TCommand in NamesOfKind<TContract, 'command'>]: (
    input: CallerInputOf<TContract['operations'][TCommand]>,
  ) => StepCall<OutputOf<TContract['operations'][TCommand]>, TContract['name']>
}

/** What a step function sees: the saga's input and the result of each earlier step under the step's name. */
export type SagaState<TInput, TResults> = { readonly input: TInput } & {
  readonly [TStep in keyof TResults]: TResults[TStep]
}

/** What an undo sees: its own step's result is undefined when the outcome of the step was never known. */
export type UndoState<TInput, TResults, TStep extends string, TOutput> = SagaState<TInput, TResults> & {
  readonly [TName in TStep]: TOutput | undefined
} & Undoing

export interface Undoing {
  /** Why the saga turned back: the refusal of a step, or `CANCELLED`, `OUTCOME_UNKNOWN`, `OPERATOR`. */
  readonly failure: Refusal
}

/** Waits between tries of one call: `first`, then twice as long each time up to `longest`, each drawn at random below that. */
export interface RetryOptions {
  /** Default `50ms`. */
  readonly first?: Duration
  /** Default `5s`: what waited for an outage goes on soon after it. */
  readonly longest?: Duration
}

export interface ResolvedRetry {
  readonly firstDelayMs: number
  readonly longestDelayMs: number
}

export interface ForwardStepOptions {
  /** Default: that of the saga. */
  readonly retry?: RetryOptions
}

export interface StepOptions<
  TInput,
  TResults,
  TUses extends Uses,
  TStep extends string,
  TOutput,
  TService extends string,
> extends ForwardStepOptions {
  /** The command of the same service that takes the step back; without it there is nothing to take back. */
  readonly undo?: (
    state: UndoState<TInput, TResults, TStep, TOutput>,
    clients: SagaClients<TUses>,
  ) => StepCall<unknown, NoInfer<TService>>
  /** How long an unknown outcome is asked for before the step is undone as if it were done. Default `30s`. */
  readonly deadline?: Duration
}

/** A verdict as a type: the message a reader sees at the argument that is wrong. */
type NewStepName<TStep extends string, TResults> = TStep extends keyof TResults
  ? `there already is a step '${TStep}'`
  : TStep extends 'input' | 'failure' | 'undone'
    ? `'${TStep}' is a word of sagas and can't name a step`
    : TStep

/** What the engine knows of a step: types are gone, they were checked when it was written. */
export interface StepDefinition {
  readonly name: string
  readonly pivot: boolean
  readonly run: (state: SagaState<any, any>, clients: any) => StepCall
  readonly undo: ((state: SagaState<any, any>, clients: any) => StepCall) | undefined
  readonly deadlineMs: number
  readonly retry: ResolvedRetry
}

/** A saga as data. */
export interface SagaDefinition<TName extends string = string, TCallerInput = any> {
  readonly name: TName
  readonly version: number
  readonly input: Schema<TCallerInput, any>
  readonly uses: Uses
  readonly clients: SagaClients<Uses>
  readonly steps: readonly StepDefinition[]
  /** The last call of a saga that turned back, once everything is undone. */
  readonly closing: StepDefinition | undefined
}

/** A saga after its pivot: steps only go forward, so none can have an undo or a deadline. */
export interface ForwardSaga<
  TName extends string,
  TCallerInput,
  TInput,
  TUses extends Uses,
  TResults,
> extends SagaDefinition<TName, TCallerInput> {
  /** A step after the pivot: asked until it is done; a stored refusal needs a person. */
  step<TStep extends string, TOutput, TService extends string>(
    name: NewStepName<TStep, TResults>,
    run: (state: SagaState<TInput, TResults>, clients: SagaClients<TUses>) => StepCall<TOutput, TService>,
    options?: ForwardStepOptions,
  ): ForwardSaga<TName, TCallerInput, TInput, TUses, TResults & { readonly [TName in TStep]: TOutput }>
}

/** Before the first step of a saga. */
export interface NewSaga<TName extends string, TCallerInput, TInput, TUses extends Uses> extends UndoableSaga<
  TName,
  TCallerInput,
  TInput,
  TUses,
  {}
> {
  /** One last command once everything is undone, asked until it is done: says why the whole came to nothing. */
  undone(
    run: (state: { readonly input: TInput } & Undoing, clients: SagaClients<TUses>) => StepCall,
    options?: ForwardStepOptions,
  ): UndoableSaga<TName, TCallerInput, TInput, TUses, {}>
}

/** A saga before its pivot: whatever is refused or cancelled is undone in reverse. */
export interface UndoableSaga<
  TName extends string,
  TCallerInput,
  TInput,
  TUses extends Uses,
  TResults,
> extends SagaDefinition<TName, TCallerInput> {
  /** A step: one command of one service, made from the state by a pure function. */
  step<TStep extends string, TOutput, TService extends string>(
    name: NewStepName<TStep, TResults>,
    run: (state: SagaState<TInput, TResults>, clients: SagaClients<TUses>) => StepCall<TOutput, TService>,
    options?: StepOptions<TInput, TResults, TUses, TStep, TOutput, TService>,
  ): UndoableSaga<TName, TCallerInput, TInput, TUses, TResults & { readonly [TName in TStep]: TOutput }>

  /** The step of no return: refused, all before it is undone; unknown, it is asked until known; done, the saga only goes forward. */
  pivot<TStep extends string, TOutput, TService extends string>(
    name: NewStepName<TStep, TResults>,
    run: (state: SagaState<TInput, TResults>, clients: SagaClients<TUses>) => StepCall<TOutput, TService>,
    options?: ForwardStepOptions,
  ): ForwardSaga<TName, TCallerInput, TInput, TUses, TResults & { readonly [TName in TStep]: TOutput }>
}

export interface SagaOptions<TCallerInput, TInput, TUses extends Uses> {
  /** A positive integer. Old versions stay registered beside the new one until nothing runs on them. */
  readonly version: number
  readonly input: Schema<TCallerInput, TInput>
  readonly uses: TUses
  readonly retry?: RetryOptions
}
