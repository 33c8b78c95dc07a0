import { frameworkError } from '../../errors/index.ts'
import type { OperatorAction } from '../../messaging/index.ts'
import { advance } from '../machine/advance.ts'
import type { SagaEvent } from '../machine/events.ts'
import { cancelRule, hasEnded } from '../machine/position.ts'
import type { SagaInstance, SagaNote, SagaReference } from '../types.ts'
import { definitionOf, keyOf, type EngineParts } from './parts.ts'
import type { SagaEngine } from './types.ts'

/** Tries of one call after which a saga is shown to people although it goes on by itself. */
const STRUGGLING_TRIES = 10

type OperatorFunctions = Pick<
  SagaEngine,
  'list' | 'show' | 'stuck' | 'retry' | 'compensate' | 'giveUp' | 'cancel'
>

/** What people can see and do. Each action is written under the fence of an owner, with who and why. */
export function createOperator(parts: EngineParts, take: (saga: SagaInstance) => void): OperatorFunctions {
  const { store, instance } = parts

  async function show(reference: SagaReference): Promise<SagaInstance> {
    const saga = await store.find(reference)
    if (!saga) throw frameworkError('ARC_NOT_FOUND', `there is no saga ${reference.saga} ${reference.id}`)
    return saga
  }

  async function act(
    reference: SagaReference,
    is: 'retry' | 'compensate' | 'give-up',
    action: OperatorAction,
  ): Promise<SagaInstance> {
    const owned = await own(reference)
    const { clock, randomness } = parts.environment
    const note: SagaNote = { at: clock.now(), action: is, ...action }
    const event: SagaEvent = { is, note }
    const definition = definitionOf(parts.definitions, owned)
    try {
      if (!definition) throw refused(reference, `version ${owned.version} is not registered here`)
      const { saga } = advance(definition, owned, event, { now: clock.now(), random: randomness.next() })
      const rests = saga.status === 'stuck' || hasEnded(saga)
      const rule = cancelRule(definition, saga)
      const outcome = await store.save(saga, instance, {
        release: rests,
        onCancelRequest: rule === 'refuse' ? 'keep' : rule,
      })
      if (outcome !== 'saved') throw refused(reference, 'another instance took it over at this moment')
      if (!rests) take(saga)
      return saga
    } catch (error) {
      await store.save(owned, instance, { release: true, onCancelRequest: 'keep' })
      throw error
    }
  }

  /** Makes this instance the owner, also of a saga that only waits here for its next try. */
  async function own(reference: SagaReference): Promise<SagaInstance> {
    const run = parts.runs.get(keyOf(reference))
    if (run && !run.wake) throw refused(reference, 'a call of it is on its way at this moment')
    run?.stop.abort()
    await run?.over
    const claimed = await store.claim(instance, reference)
    if (claimed) return claimed
    const saga = await show(reference)
    throw refused(
      reference,
      hasEnded(saga) ? `it is ${saga.status} already` : 'another instance is at work on it',
    )
  }

  return {
    show,
    list: (filter = {}) => store.list(filter),
    async stuck() {
      // By their status: the many that have ended are not looked at.
      const lists = await Promise.all([
        store.list({ status: 'stuck' }),
        store.list({ status: 'running', tries: STRUGGLING_TRIES }),
        store.list({ status: 'compensating', tries: STRUGGLING_TRIES }),
      ])
      return lists.flat()
    },
    retry: (reference, action) => act(reference, 'retry', action),
    compensate: (reference, action) => act(reference, 'compensate', action),
    giveUp: (reference, action) => act(reference, 'give-up', action),
    async cancel(reference, { who, why }) {
      await show(reference)
      await store.execute(store.requestCancel(reference.saga, reference.id, { who, why }))
      return show(reference)
    },
  }
}

function refused({ saga, id }: SagaReference, why: string): Error {
  return frameworkError('ARC_ACTION_REFUSED', `saga ${saga} ${id}: ${why}`)
}
