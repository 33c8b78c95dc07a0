import type { ForwardAttempt } from '../../call/index.ts'
import { isJsonObject } from '../../errors/index.ts'
import type { SagaDefinition, StepDefinition } from '../definition/types.ts'
import { jsonCopy } from '../json-copy.ts'
import type { Attempt, Refusal, SagaInstance, StepCall, StepRecord, StoredCall } from '../types.ts'

/** The call of a step's next attempt. @throws whatever the step's function throws */
export function forwardCall(
  definition: SagaDefinition,
  saga: SagaInstance,
  step: StepDefinition,
  attempts: readonly Attempt[],
  now: number,
): StoredCall {
  const state =
    step === definition.closing
      ? { input: saga.input, failure: failureOf(saga) }
      : stateBefore(definition, saga, step)
  return stored(saga, step, 'run', step.run(state, definition.clients), attempts.length + 1, now)
}

/** The call that takes a step back. It goes to the service of the step itself. */
export function undoCall(
  definition: SagaDefinition,
  saga: SagaInstance,
  step: StepDefinition,
  record: StepRecord,
  now: number,
): StoredCall {
  if (!step.undo) throw new Error(`step '${step.name}' has no undo`)
  const state = {
    ...stateBefore(definition, saga, step),
    [step.name]: record.result,
    failure: failureOf(saga),
  }
  const call = stored(
    saga,
    step,
    'undo',
    step.undo(state, definition.clients),
    (record.undo?.length ?? 0) + 1,
    now,
  )
  const forward = record.attempts[0]?.call.service
  if (call.service !== forward)
    throw new Error(`the undo calls '${call.service}', the step itself called '${forward}'`)
  return call
}

/** Each forward attempt with the full scope of its record, for the host that withdraws what hasn't arrived. */
export function forwardAttempts(saga: SagaInstance, record: StepRecord): readonly ForwardAttempt[] {
  const principal = saga.principal?.id ?? `service:${saga.service}`
  return record.attempts.map(({ call: { operation, key, firstSentAt } }) => ({
    operation,
    principal,
    key,
    firstSentAt,
  }))
}

function stateBefore(
  definition: SagaDefinition,
  saga: SagaInstance,
  step: StepDefinition,
): { readonly input: unknown } {
  const earlier = definition.steps.slice(0, definition.steps.indexOf(step)).map(({ name }) => name)
  const results = saga.steps
    .filter((record) => earlier.includes(record.step))
    .map((record) => [record.step, record.result])
  return { input: saga.input, ...Object.fromEntries(results) }
}

function stored(
  saga: SagaInstance,
  step: StepDefinition,
  way: 'run' | 'undo',
  call: StepCall,
  attempt: number,
  now: number,
): StoredCall {
  return {
    service: call.service,
    operation: call.operation,
    contractVersion: call.contractVersion,
    input: jsonCopy(call.input, `the input of ${call.service}.${call.operation}`),
    key: `${saga.saga}/${saga.id}/${step.name}/${way}/${attempt}`,
    firstSentAt: now,
  }
}

/** Why a saga turned back, as its undo functions see it. */
function failureOf(saga: SagaInstance): Refusal {
  const { code, message, details } = saga.reason ?? {}
  return {
    code: typeof code === 'string' ? code : 'UNDONE',
    message: typeof message === 'string' ? message : '',
    ...(isJsonObject(details) && { details }),
  }
}
