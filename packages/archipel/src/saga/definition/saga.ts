import { durationMs } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { sagaClients } from './clients.ts'
import type {
  ForwardSaga,
  ForwardStepOptions,
  NewSaga,
  ResolvedRetry,
  RetryOptions,
  SagaDefinition,
  SagaOptions,
  StepDefinition,
  Uses,
} from './types.ts'

const NAME = /^[a-z][a-zA-Z0-9]{0,39}$/
const RESERVED = new Set(['input', 'failure', 'undone', 'then', 'constructor'])
const DEFAULT_RETRY: ResolvedRetry = { firstDelayMs: 50, longestDelayMs: 5_000 }
const DEFAULT_DEADLINE_MS = 30_000

/**
 * A saga: named steps across services, each one command, undone in reverse when one is refused before the pivot.
 *
 * @throws ARC_APPLICATION_INVALID for a name, version or retry that can't work
 */
export function saga<const TName extends string, TCallerInput, TInput, const TUses extends Uses>(
  name: TName,
  options: SagaOptions<TCallerInput, TInput, TUses>,
): NewSaga<TName, TCallerInput, TInput, TUses> {
  if (!NAME.test(name))
    throw invalid(`saga '${name}': a name is 1 to 40 letters and digits and begins with a small letter`)
  if (!Number.isSafeInteger(options.version) || options.version < 1) {
    throw invalid(`saga '${name}': version ${options.version} is no positive integer`)
  }
  const definition: SagaDefinition<TName, TCallerInput> = {
    name,
    version: options.version,
    input: options.input,
    uses: options.uses,
    clients: sagaClients(options.uses),
    steps: [],
    closing: undefined,
  }
  // The steps' types live in the interfaces alone: at run time there is one builder.
  return builder(definition, resolveRetry(name, options.retry, DEFAULT_RETRY)) as NewSaga<
    TName,
    TCallerInput,
    TInput,
    TUses
  >
}

interface ErasedOptions extends ForwardStepOptions {
  readonly undo?: StepDefinition['undo']
  readonly deadline?: Parameters<typeof durationMs>[0]
}

type ErasedBuilder = NewSaga<string, unknown, unknown, Uses> & ForwardSaga<string, unknown, unknown, Uses, {}>

function builder(definition: SagaDefinition, retry: ResolvedRetry): ErasedBuilder {
  const add =
    (pivot: boolean) =>
    (step: string, run: StepDefinition['run'], options: ErasedOptions = {}) =>
      builder(withStep(definition, resolveStep(definition, retry, step, run, pivot, options)), retry)
  const undone = (run: StepDefinition['run'], options: ForwardStepOptions = {}) =>
    builder({ ...definition, closing: closingStep(definition, retry, run, options) }, retry)
  // Steps see the wildcard state here; what each may see was checked where it was written.
  return Object.freeze({
    ...definition,
    undone,
    step: add(false),
    pivot: add(true),
  }) as unknown as ErasedBuilder
}

function closingStep(
  definition: SagaDefinition,
  retry: ResolvedRetry,
  run: StepDefinition['run'],
  options: ForwardStepOptions,
): StepDefinition {
  const path = `saga '${definition.name}', undone`
  if (definition.closing !== undefined) throw invalid(`${path}: there is one such call at most`)
  const deadlineMs = DEFAULT_DEADLINE_MS
  return Object.freeze({
    name: 'undone',
    pivot: false,
    run,
    undo: undefined,
    deadlineMs,
    retry: resolveRetry(path, options.retry, retry),
  })
}

function withStep(definition: SagaDefinition, step: StepDefinition): SagaDefinition {
  return { ...definition, steps: Object.freeze([...definition.steps, step]) }
}

function resolveStep(
  definition: SagaDefinition,
  retry: ResolvedRetry,
  name: string,
  run: StepDefinition['run'],
  pivot: boolean,
  options: ErasedOptions,
): StepDefinition {
  const path = `saga '${definition.name}', step '${name}'`
  if (!NAME.test(name))
    throw invalid(`${path}: a name is 1 to 40 letters and digits and begins with a small letter`)
  if (RESERVED.has(name)) throw invalid(`${path}: this name is reserved`)
  if (definition.steps.some((step) => step.name === name))
    throw invalid(`${path}: there already is a step of this name`)
  const afterPivot = definition.steps.some((step) => step.pivot)
  if (pivot && afterPivot) throw invalid(`${path}: a saga has one pivot at most`)
  if ((pivot || afterPivot) && (options.undo !== undefined || options.deadline !== undefined)) {
    throw invalid(`${path}: from the pivot on there is no undo and no deadline, only forward`)
  }
  const deadlineMs = options.deadline === undefined ? DEFAULT_DEADLINE_MS : durationMs(options.deadline)
  return Object.freeze({
    name,
    pivot,
    run,
    undo: options.undo,
    deadlineMs,
    retry: resolveRetry(path, options.retry, retry),
  })
}

function resolveRetry(
  path: string,
  options: RetryOptions | undefined,
  defaults: ResolvedRetry,
): ResolvedRetry {
  const firstDelayMs = options?.first === undefined ? defaults.firstDelayMs : durationMs(options.first)
  const longestDelayMs = Math.max(
    options?.longest === undefined ? defaults.longestDelayMs : durationMs(options.longest),
    firstDelayMs,
  )
  if (firstDelayMs < 1) throw invalid(`${path}: the first wait of a retry is at least 1ms`)
  return { firstDelayMs, longestDelayMs }
}

function invalid(message: string): Error {
  return frameworkError('ARC_APPLICATION_INVALID', message)
}
