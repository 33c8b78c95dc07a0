import { asError } from '../../errors/index.ts'
import { advance } from '../machine/advance.ts'
import type { Move, SagaEvent } from '../machine/events.ts'
import { cancelRule, hasEnded } from '../machine/position.ts'
import type { SagaInstance, SaveOptions, SaveOutcome } from '../types.ts'
import type { EngineParts, Run } from './parts.ts'
import { send } from './send.ts'

const FIRST_SAVE_RETRY_MS = 50
const LONGEST_SAVE_RETRY_MS = 2_000

/** Goes on with one saga until it ends, is handed back, or is lost to another owner. */
export async function drive(parts: EngineParts, run: Run): Promise<void> {
  let event: SagaEvent | undefined = { is: 'resumed' }
  await parts.slots.take()
  try {
    while (event) {
      const move: Move | undefined = await transition(parts, run, event)
      event = move && (await act(parts, run, move))
    }
  } finally {
    parts.slots.give()
  }
}

/** Computes the next state and stores it. Undefined: this process has nothing more to do with the saga. */
async function transition(parts: EngineParts, run: Run, event: SagaEvent): Promise<Move | undefined> {
  const { clock, randomness } = parts.environment
  for (;;) {
    const move = advance(run.definition, run.saga, event, { now: clock.now(), random: randomness.next() })
    if (!move.write) {
      run.saga = move.saga
      return run.stop.signal.aborted ? handBack(parts, run) : move
    }
    const release = mustRelease(parts, run, move)
    const outcome = await saveSurely(parts, run, move.saga, {
      release,
      onCancelRequest: cancelRule(run.definition, move.saga),
    })
    switch (outcome) {
      case 'cancel-requested':
        run.saga = { ...run.saga, cancel: 'open' }
        continue
      case 'lost':
        return undefined
      case 'saved':
        run.saga = move.saga
        await reachPostponed(parts, move)
        if (release) await released(parts, move)
        return release ? undefined : move
    }
  }
}

/** Whether the present call is asked again later; how late is stored. */
async function reachPostponed(
  { environment: { faults } }: EngineParts,
  { saga, action }: Move,
): Promise<void> {
  if (faults.armed && action.do === 'wait')
    await faults.reach('saga.postponed', `${saga.service}.${saga.saga}`)
}

/** At its end, before a long wait, and when this process stops. */
function mustRelease(parts: EngineParts, run: Run, { action }: Move): boolean {
  if (run.stop.signal.aborted || action.do === 'rest') return true
  return action.do === 'wait' && action.untilMs - parts.environment.clock.now() > parts.tuning.holdMs
}

async function released(parts: EngineParts, { saga, action }: Move): Promise<void> {
  if (action.do === 'wait') parts.handedBack(action.untilMs)
  if (action.do !== 'rest') return
  const { log, counter } = parts.telemetry
  counter('archipel_sagas_rested_total', 'Sagas that ended or were left to a person', [
    'service',
    'saga',
    'status',
  ]).add(1, parts.service, saga.saga, saga.status)
  if (saga.status === 'stuck')
    log.error('a saga is stuck and needs a person', {
      saga: saga.saga,
      sagaId: saga.id,
      correlationId: saga.correlationId,
      stuckOn: saga.stuckOn,
    })
  const { faults } = parts.environment
  if (faults.armed && hasEnded(saga)) await faults.reach('saga.ended')
}

async function handBack(parts: EngineParts, run: Run): Promise<undefined> {
  await parts.store.save(run.saga, parts.instance, { release: true, onCancelRequest: 'keep' })
  return undefined
}

async function act(parts: EngineParts, run: Run, { saga, action }: Move): Promise<SagaEvent | undefined> {
  switch (action.do) {
    case 'send':
      return send(parts, run, action.send)
    case 'wait':
      return wait(parts, run, action.untilMs)
    case 'ignore':
      // Only what reaches a waiting saga can be ignored: it goes on waiting.
      return wait(parts, run, saga.dueAt)
    case 'rest':
      return undefined
  }
}

/** Waits without holding a place; a request to cancel or a stop ends it. */
async function wait(parts: EngineParts, run: Run, untilMs: number): Promise<SagaEvent> {
  const { clock, timers } = parts.environment
  const ended = new AbortController()
  let cancelled = false
  run.wake = () => {
    cancelled = true
    ended.abort()
  }
  parts.slots.give()
  // The clock may have been set back since the moment was chosen.
  const waitMs = Math.min(untilMs - clock.now(), parts.longestWaitMs)
  await timers.sleep(waitMs, AbortSignal.any([ended.signal, run.stop.signal]))
  await parts.slots.take()
  run.wake = undefined
  return cancelled ? { is: 'cancel' } : { is: 'due' }
}

/** A write is repeated while the store can't be reached: under the same owner and fence a repeat changes nothing. */
async function saveSurely(
  parts: EngineParts,
  run: Run,
  saga: SagaInstance,
  options: SaveOptions,
): Promise<SaveOutcome> {
  const { timers } = parts.environment
  for (let delayMs = FIRST_SAVE_RETRY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_SAVE_RETRY_MS)) {
    try {
      return await parts.store.save(saga, parts.instance, options)
    } catch (error) {
      if (run.cut.signal.aborted) return 'lost'
      parts.telemetry.log.warn('the state of a saga could not be stored; trying again', {
        saga: saga.saga,
        sagaId: saga.id,
        error: asError(error),
      })
      await timers.sleep(delayMs, run.cut.signal)
    }
  }
}
