import type { JsonObject } from '../../errors/index.ts'
import type { SagaDefinition } from '../definition/types.ts'
import type { Attempt, Refusal, SagaInstance, StepRecord } from '../types.ts'
import { waitMs } from './backoff.ts'
import type { Moment, Move, SagaEvent } from './events.ts'
import { canTurnBack, presentAttempt, type CallPosition, type Position } from './position.ts'
import {
  atWork,
  CANCELLED,
  giveUpAtMs,
  ignore,
  mustTurnBack,
  proceed,
  stuck,
  turnBack,
  withRecord,
} from './proceed.ts'

export type OutcomeEvent = Extract<SagaEvent, { readonly key: string }>

/** What one try of the present call says about its step. */
export function outcome(
  definition: SagaDefinition,
  saga: SagaInstance,
  position: Position,
  event: OutcomeEvent,
  moment: Moment,
): Move {
  if (
    !atWork(saga) ||
    presentAttempt(position)?.call.key !== event.key ||
    (position.at !== 'run' && position.at !== 'undo')
  )
    return ignore(saga)
  switch (event.is) {
    case 'answered':
      return proceed(
        definition,
        settled(
          saga,
          position,
          { outcome: 'done' },
          position.at === 'undo' ? { undone: true } : { result: event.result },
        ),
        moment,
      )
    case 'refused':
      return refused(
        definition,
        settled(saga, position, { outcome: 'refused', refusal: event.refusal }, {}),
        position,
        event.refusal,
        moment,
      )
    case 'unknown':
      return unknown(definition, saga, position, event, moment)
    case 'impossible':
      return stuck(saga, { ...event.error, step: position.step.name })
  }
}

function refused(
  definition: SagaDefinition,
  saga: SagaInstance,
  position: CallPosition,
  refusal: Refusal,
  moment: Moment,
): Move {
  const reason = { ...refusal, step: position.step.name }
  // Before the pivot, and for the pivot itself, a refusal means that the step left nothing behind: back from here.
  return position.at === 'run' && canTurnBack(definition, saga)
    ? turnBack(definition, saga, reason, moment)
    : stuck(saga, reason)
}

function unknown(
  definition: SagaDefinition,
  saga: SagaInstance,
  position: CallPosition,
  event: Extract<SagaEvent, { is: 'unknown' }>,
  moment: Moment,
): Move {
  const asked: SagaInstance = { ...saga, tries: saga.tries + 1, lastError: event.error }
  if (mustTurnBack(definition, saga)) return turnBack(definition, asked, CANCELLED, moment)
  const giveUpAt = giveUpAtMs(definition, asked, position)
  if (giveUpAt !== undefined && moment.now >= giveUpAt)
    return turnBack(definition, asked, outcomeUnknown(asked, position), moment)
  const dueAt = Math.min(
    moment.now + waitMs(position.step.retry, asked.tries, moment.random, event.retryAfterMs),
    giveUpAt ?? Infinity,
  )
  return { saga: { ...asked, dueAt }, action: { do: 'wait', untilMs: dueAt }, write: true }
}

/** Only after a try: whoever takes over a saga asks at least once before it gives up. */
export function isOverdue(
  definition: SagaDefinition,
  saga: SagaInstance,
  position: Position,
  moment: Moment,
): boolean {
  const giveUpAt = giveUpAtMs(definition, saga, position)
  return giveUpAt !== undefined && saga.tries > 0 && moment.now >= giveUpAt
}

export function outcomeUnknown(saga: SagaInstance, position: Position): JsonObject {
  const step = position.at === 'run' || position.at === 'undo' ? position.step.name : ''
  const last = saga.lastError ? ` (last: ${saga.lastError.code} ${saga.lastError.message})` : ''
  return { code: 'OUTCOME_UNKNOWN', message: `No answer in time${last}`, step }
}

function settled(
  saga: SagaInstance,
  position: CallPosition,
  known: Omit<Attempt, 'call'>,
  more: Partial<StepRecord>,
): SagaInstance {
  const record = position.record
  if (!record) throw new Error('an outcome of a call that was never stored')
  const settle = (attempts: readonly Attempt[]) =>
    attempts.map((attempt, index) => (index === attempts.length - 1 ? { ...attempt, ...known } : attempt))
  const changed =
    position.at === 'undo' ? { undo: settle(record.undo ?? []) } : { attempts: settle(record.attempts) }
  return withRecord(saga, { ...record, ...changed, ...more })
}
