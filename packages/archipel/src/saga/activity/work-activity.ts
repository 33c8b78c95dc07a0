import { frameworkError, isArchipelError, type JsonValue } from '../../errors/index.ts'
import { jsonCopy } from '../json-copy.ts'
import { describe, namesOf, surely, wait } from './keep-trying.ts'
import { reach, type Ending, type RunnerParts, type Work } from './runner-parts.ts'

/** Sends until the outcome is known, then settles; whatever fails on the way is stored before it is tried again. */
export async function work(parts: RunnerParts, activity: Work): Promise<Ending> {
  for (let settlements = 1; ;) {
    const failure = activity.job.outcome ? undefined : await send(parts, activity)
    if (failure !== undefined) {
      const ending = await afterFailure(parts, activity, failure)
      if (ending) return ending
      continue
    }
    const ending = await settleOrKeep(parts, activity, settlements++)
    if (ending) return ending
  }
}

/** Why there is no outcome yet: unknown, or certainly nothing has left. */
interface Failure {
  readonly unsent: boolean
  readonly why: string
}

/** One sending. @returns undefined once its outcome is known. */
async function send(parts: RunnerParts, running: Work): Promise<Failure | undefined> {
  const { activity, job } = running
  const { clock } = parts.environment
  if (clock.monotonic() >= running.leaseUntil)
    return { unsent: true, why: 'the lease ended before the effect was sent' }
  if (job.unsent && activity.repeat === 'never') {
    if (!(await surely(parts, running, () => parts.store.sending(job))))
      return { unsent: true, why: 'another instance took over' }
  }
  const span = parts.telemetry.span(`activity ${activity.operation}`, 'client', job.call.traceparent, {
    'archipel.activity.attempt': job.attempts,
  })
  try {
    const sending = withinTime(parts, running, span.traceparent)
    await Promise.race([reach(parts, activity, 'effect-sent'), sending.then(nothing, nothing)])
    job.outcome = { value: jsonCopy(await sending, `the outcome of ${activity.operation}`) }
    await reach(parts, activity, 'effect-known')
    return undefined
  } catch (error) {
    span.fail(error)
    return {
      unsent: isArchipelError(error) && error.code === 'ARC_NOTHING_SENT',
      why: describe(error),
    }
  } finally {
    span.end()
  }
}

function withinTime(
  parts: RunnerParts,
  { activity, job, cut }: Work,
  traceparent: string | undefined,
): Promise<JsonValue> {
  const { tryMs } = parts.tuning
  const bounds = new AbortController()
  const { key } = job.call
  const deadlineAt = parts.environment.clock.monotonic() + tryMs
  const call = { ...job.call, traceparent: traceparent ?? job.call.traceparent }
  return new Promise((resolve, reject) => {
    const giveUp = (error: Error) => {
      reject(error)
      bounds.abort(error)
    }
    const timer = parts.environment.timers.after(tryMs, () =>
      giveUp(frameworkError('ARC_DEADLINE', `no outcome within ${tryMs} ms`, { effect: 'unknown' })),
    )
    const stop = () =>
      giveUp(frameworkError('ARC_CANCELLED', 'this process is stopping', { effect: 'unknown' }))
    cut.signal.addEventListener('abort', stop, { once: true })
    if (cut.signal.aborted) stop()
    // In a promise chain, so that an effect that throws at once is no different.
    void Promise.resolve()
      .then(() =>
        activity.effect(job.intent, { key, signal: bounds.signal, deadlineAt, attempt: job.attempts }, call),
      )
      .then(resolve, reject)
      .finally(() => {
        timer.cancel()
        cut.signal.removeEventListener('abort', stop)
      })
  })
}

async function afterFailure(
  parts: RunnerParts,
  running: Work,
  { unsent, why: error }: Failure,
): Promise<Ending | undefined> {
  const { activity, job, stop, cut } = running
  const { clock, timers } = parts.environment
  const delayMs = wait(parts, job.attempts, activity.retry)
  if (activity.repeat === 'never' && !unsent) return list(parts, running, error)
  if (clock.now() + delayMs - job.firstSentAt >= activity.keyLifetimeMs)
    return list(
      parts,
      running,
      unsent ? `${error}; for too long` : `${error}; the other side has forgotten the key by now`,
    )
  job.unsent = unsent
  job.lastError = error
  // What a closing host cuts off is no trouble of the other side: the next start asks again.
  if (!cut.signal.aborted)
    parts.telemetry.log.warn('an activity has no known outcome yet; asking again', {
      ...namesOf(running),
      attempt: job.attempts,
      problem: error,
    })
  // Without a caller it waits in the database: what cannot be sent for hours must not fill the memory.
  if (unsent && !job.awaited) {
    await surely(parts, running, () => parts.store.putBack(job, error, delayMs))
    return { is: 'lost' }
  }
  const release = stop.signal.aborted
  const owned = await surely(parts, running, () =>
    parts.store.postpone(job, error, release ? 0 : delayMs, release),
  )
  if (!owned || release) return { is: 'lost' }
  await reach(parts, activity, 'postponed')
  job.attempts++
  await timers.sleep(delayMs, AbortSignal.any([stop.signal, cut.signal]))
  return undefined
}

/** Nothing repeats it any more: what happened is for a person to find out. */
export async function list(parts: RunnerParts, running: Work, error: string): Promise<Ending> {
  parts.telemetry.log.error('the outcome of an activity stays unknown and needs a person', {
    ...namesOf(running),
    problem: error,
  })
  const owned = await surely(parts, running, () => parts.store.giveToPerson(running.job, error))
  return { is: owned ? 'listed' : 'lost' }
}

async function settleOrKeep(
  parts: RunnerParts,
  running: Work,
  settlements: number,
): Promise<Ending | undefined> {
  const { job, stop, cut } = running
  try {
    return await parts.settle(running)
  } catch (error) {
    if (isArchipelError(error) && error.code === 'ARC_OWNERSHIP_LOST') return { is: 'lost' }
    parts.telemetry.log.error('an activity with a known outcome could not be settled; trying again', {
      ...namesOf(running),
      problem: describe(error),
    })
    const delayMs = wait(parts, settlements)
    const release = stop.signal.aborted
    const owned = await surely(parts, running, () =>
      parts.store.keepOutcome(job, describe(error), release ? 0 : delayMs, release),
    )
    if (!owned || release) return { is: 'lost' }
    await parts.environment.timers.sleep(delayMs, AbortSignal.any([stop.signal, cut.signal]))
    return undefined
  }
}

function nothing(): void {}
