import type { CallRequest } from '../../call/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { jsonCopy } from '../json-copy.ts'
import type { SagaEvent, Sending } from '../machine/events.ts'
import type { SagaInstance } from '../types.ts'
import { outcomeOf } from './outcome-of.ts'
import type { EngineParts, Run } from './parts.ts'

/** One try of the stored call, and what it says. */
export async function send(parts: EngineParts, run: Run, sending: Sending): Promise<SagaEvent> {
  const { step, way, call } = sending
  const { faults } = parts.environment
  const point = `saga.${step}.${way === 'undo' ? 'undo-' : ''}`
  const name = `saga ${run.saga.saga}.${way === 'undo' ? 'undo ' : ''}${step}`
  const span = parts.telemetry.span(name, 'internal', run.saga.traceparent, {
    'archipel.saga.id': run.saga.id,
    'archipel.saga.key': call.key,
  })
  try {
    if (faults.armed) await faults.reach(`${point}stored`)
    const answer = withinBounds(parts, run, sending, requestOf(run.saga, sending, span.traceparent))
    if (faults.armed) await Promise.race([faults.reach(`${point}sent`), answer.then(ignore, ignore)])
    const result = await answer
    if (faults.armed) await faults.reach(`${point}answered`)
    return {
      is: 'answered',
      key: call.key,
      result: jsonCopy(result, `the answer of ${call.service}.${call.operation}`),
    }
  } catch (error) {
    span.fail(error)
    if (faults.armed) await faults.reach(`${point}answered`)
    return outcomeOf(call.key, error)
  } finally {
    span.end()
  }
}

function requestOf(
  saga: SagaInstance,
  { call, undoes }: Sending,
  traceparent: string | undefined,
): CallRequest {
  return {
    service: call.service,
    operation: call.operation,
    input: call.input,
    metadata: {
      caller: saga.service,
      principal: saga.principal,
      idempotencyKey: call.key,
      correlationId: saga.correlationId,
      traceparent: traceparent ?? saga.traceparent,
      undoes,
    },
  }
}

/** Ends a try in time even if the callee doesn't: its outcome is unknown then, and asked for again. */
function withinBounds(
  parts: EngineParts,
  run: Run,
  sending: Sending,
  request: CallRequest,
): Promise<unknown> {
  const { clock, timers } = parts.environment
  const left = sending.giveUpAtMs === undefined ? 0 : sending.giveUpAtMs - clock.now()
  const tryMs = left > 0 ? Math.min(left, parts.tuning.tryMs) : parts.tuning.tryMs
  const bounds = new AbortController()
  return new Promise((resolve, reject) => {
    const giveUp = (error: Error) => {
      reject(error)
      bounds.abort(error)
    }
    const timer = timers.after(tryMs, () =>
      giveUp(frameworkError('ARC_DEADLINE', `no answer within ${tryMs} ms`, { effect: 'unknown' })),
    )
    const cut = () =>
      giveUp(frameworkError('ARC_CANCELLED', 'this process is stopping', { effect: 'unknown' }))
    run.cut.signal.addEventListener('abort', cut, { once: true })
    if (run.cut.signal.aborted) cut()
    void parts
      .call(request, { deadlineAt: clock.monotonic() + tryMs, signal: bounds.signal })
      .then(resolve, reject)
      .finally(() => {
        timer.cancel()
        run.cut.signal.removeEventListener('abort', cut)
      })
  })
}

function ignore(): void {}
