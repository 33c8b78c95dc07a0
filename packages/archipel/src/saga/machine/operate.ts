import { frameworkError } from '../../errors/index.ts'
import type { SagaDefinition } from '../definition/types.ts'
import type { SagaInstance } from '../types.ts'
import { proceed, repeat, turnBack } from './proceed.ts'
import type { Moment, Move, SagaEvent } from './events.ts'
import { canTurnBack, hasEnded, positionOf } from './position.ts'

type OperatorEvent = Extract<SagaEvent, { readonly is: 'retry' | 'compensate' | 'give-up' }>

/** What a person decides. @throws ARC_ACTION_REFUSED where it doesn't fit the present state */
export function operate(
  definition: SagaDefinition,
  saga: SagaInstance,
  event: OperatorEvent,
  moment: Moment,
): Move {
  if (hasEnded(saga)) throw refused(saga, `it is ${saga.status} already`)
  const noted: SagaInstance = { ...saga, notes: [...saga.notes, event.note] }
  switch (event.is) {
    case 'retry':
      return retry(definition, noted, moment)
    case 'compensate': {
      if (!canTurnBack(definition, saga)) {
        throw refused(
          saga,
          saga.direction === 'backward'
            ? 'it is being compensated already: retry'
            : 'its pivot may be done: from there it only goes forward',
        )
      }
      const reason = { code: 'OPERATOR', message: event.note.why, who: event.note.who }
      return turnBack(definition, noted, reason, moment)
    }
    case 'give-up':
      if (saga.status !== 'stuck') throw refused(saga, 'only a stuck saga can be given up')
      return { saga: { ...noted, status: 'abandoned' }, action: { do: 'rest' }, write: true }
  }
}

/**
 * Asks again. The number of the attempt rises only where the former key holds a stored refusal; a call whose outcome
 * is unknown is repeated under its own key.
 */
function retry(definition: SagaDefinition, saga: SagaInstance, moment: Moment): Move {
  const status = saga.direction === 'forward' ? 'running' : 'compensating'
  const going: SagaInstance = { ...saga, status, stuckOn: undefined, tries: 0, dueAt: moment.now }
  const position = positionOf(definition, going)
  if (position.at === 'completed' || position.at === 'compensated') return proceed(definition, going, moment)
  return { ...repeat(definition, going, position, moment), write: true }
}

function refused(saga: SagaInstance, why: string): Error {
  return frameworkError('ARC_ACTION_REFUSED', `saga ${saga.saga} ${saga.id}: ${why}`)
}
