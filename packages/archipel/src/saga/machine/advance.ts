import type { SagaDefinition } from '../definition/types.ts'
import type { SagaInstance } from '../types.ts'
import type { Moment, Move, SagaEvent } from './events.ts'
import { operate } from './operate.ts'
import { isOverdue, outcome, outcomeUnknown } from './outcome.ts'
import { canTurnBack, positionOf } from './position.ts'
import { atWork, CANCELLED, ignore, repeat, turnBack } from './proceed.ts'

/**
 * The whole life of a saga as a pure function: what is stored next, and what its owner does then.
 * The owner stores before it acts, so that a crash between any two moments repeats an action and never invents one.
 */
export function advance(
  definition: SagaDefinition,
  saga: SagaInstance,
  event: SagaEvent,
  moment: Moment,
): Move {
  const position = positionOf(definition, saga)
  switch (event.is) {
    case 'resumed':
      return atWork(saga) ? repeat(definition, saga, position, moment) : ignore(saga)
    case 'due':
      if (!atWork(saga)) return ignore(saga)
      return isOverdue(definition, saga, position, moment)
        ? turnBack(definition, saga, outcomeUnknown(saga, position), moment)
        : repeat(definition, saga, position, moment)
    case 'cancel':
      return cancel(definition, saga, moment)
    case 'retry':
    case 'compensate':
    case 'give-up':
      return operate(definition, saga, event, moment)
    case 'answered':
    case 'refused':
    case 'unknown':
    case 'impossible':
      return outcome(definition, saga, position, event, moment)
  }
}

/** At once while it may turn back; after the start of the pivot the request stays open until its outcome is known. */
function cancel(definition: SagaDefinition, saga: SagaInstance, moment: Moment): Move {
  const asked: SagaInstance = saga.cancel === 'none' ? { ...saga, cancel: 'open' } : saga
  if (saga.status !== 'running' || !canTurnBack(definition, saga)) return ignore(asked)
  return turnBack(definition, asked, CANCELLED, moment)
}
