import type { JsonObject } from '../../errors/index.ts'
import type { SagaDefinition } from '../definition/types.ts'
import type { Attempt, SagaInstance, StepRecord } from '../types.ts'
import { forwardAttempts, forwardCall, undoCall } from './calls.ts'
import type { Moment, Move, Sending } from './events.ts'
import { canTurnBack, positionOf, presentAttempt, type CallPosition, type Position } from './position.ts'

export const CANCELLED: JsonObject = {
  code: 'CANCELLED',
  message: 'The saga was asked to end before its pivot',
}

/** Sends the present call again exactly as it is stored, or makes the next one. */
export function repeat(
  definition: SagaDefinition,
  saga: SagaInstance,
  position: Position,
  moment: Moment,
): Move {
  if (mustTurnBack(definition, saga)) return turnBack(definition, saga, CANCELLED, moment)
  const attempt = presentAttempt(position)
  if (!attempt || (position.at !== 'run' && position.at !== 'undo')) return proceed(definition, saga, moment)
  return { saga, action: { do: 'send', send: sending(definition, saga, position, attempt) }, write: false }
}

/** Makes and stores the next call, forward or back, or ends. */
export function proceed(definition: SagaDefinition, saga: SagaInstance, moment: Moment): Move {
  const position = positionOf(definition, saga)
  if (position.at === 'run' && mustTurnBack(definition, saga))
    return turnBack(definition, saga, CANCELLED, moment)
  const fresh: SagaInstance = { ...saga, tries: 0, lastError: undefined }
  switch (position.at) {
    case 'completed':
    case 'compensated':
      return { saga: { ...fresh, status: position.at }, action: { do: 'rest' }, write: true }
    case 'run':
    case 'undo':
      return withNextCall(definition, fresh, position, moment)
  }
}

function withNextCall(
  definition: SagaDefinition,
  saga: SagaInstance,
  position: CallPosition,
  moment: Moment,
): Move {
  let attempt: Attempt
  try {
    const call =
      position.at === 'undo'
        ? undoCall(definition, saga, position.step, position.record, moment.now)
        : forwardCall(definition, saga, position.step, position.record?.attempts ?? [], moment.now)
    attempt = { call, outcome: 'sent' }
  } catch (error) {
    const message = `The ${position.at} function failed: ${error instanceof Error ? error.message : String(error)}`
    return stuck(saga, { code: 'STEP_FUNCTION_FAILED', message, step: position.step.name })
  }
  const next = withRecord(saga, added(position, attempt))
  const nextPosition = positionOf(definition, next)
  if (nextPosition.at !== 'run' && nextPosition.at !== 'undo')
    throw new Error('a call that was just stored is not the present one')
  return {
    saga: next,
    action: { do: 'send', send: sending(definition, next, nextPosition, attempt) },
    write: true,
  }
}

function sending(
  definition: SagaDefinition,
  saga: SagaInstance,
  position: CallPosition,
  { call }: Attempt,
): Sending {
  const undoes = position.at === 'undo' ? forwardAttempts(saga, position.record) : undefined
  return {
    step: position.step.name,
    way: position.at,
    call,
    undoes,
    giveUpAtMs: giveUpAtMs(definition, saga, position),
  }
}

export function turnBack(
  definition: SagaDefinition,
  saga: SagaInstance,
  reason: JsonObject,
  moment: Moment,
): Move {
  const cancel = saga.cancel === 'open' ? 'taken' : saga.cancel
  return proceed(
    definition,
    { ...saga, status: 'compensating', direction: 'backward', cancel, reason, stuckOn: undefined },
    moment,
  )
}

/** A request to cancel was made in time. */
export function mustTurnBack(definition: SagaDefinition, saga: SagaInstance): boolean {
  return saga.cancel === 'open' && canTurnBack(definition, saga)
}

export function stuck(saga: SagaInstance, problem: JsonObject): Move {
  return { saga: { ...saga, status: 'stuck', stuckOn: problem }, action: { do: 'rest' }, write: true }
}

export function ignore(saga: SagaInstance): Move {
  return { saga, action: { do: 'ignore' }, write: false }
}

export function atWork(saga: SagaInstance): boolean {
  return saga.status === 'running' || saga.status === 'compensating'
}

function added(position: CallPosition, attempt: Attempt): StepRecord {
  if (position.at === 'undo') return { ...position.record, undo: [...(position.record.undo ?? []), attempt] }
  const record = position.record ?? { step: position.step.name, attempts: [] }
  return { ...record, attempts: [...record.attempts, attempt] }
}

/** Wall time at which a step before the pivot is undone as if it were done; undefined where asking never ends. */
export function giveUpAtMs(
  definition: SagaDefinition,
  saga: SagaInstance,
  position: Position,
): number | undefined {
  const attempt = presentAttempt(position)
  if (position.at !== 'run' || !attempt || !canTurnBack(definition, saga)) return undefined
  return attempt.call.firstSentAt + position.step.deadlineMs
}

export function withRecord(saga: SagaInstance, record: StepRecord): SagaInstance {
  const known = saga.steps.some(({ step }) => step === record.step)
  return {
    ...saga,
    steps: known
      ? saga.steps.map((old) => (old.step === record.step ? record : old))
      : [...saga.steps, record],
  }
}
