import { isArchipelError } from '../../errors/index.ts'
import { beginStarted } from './begin-activity.ts'
import { describe, namesOf, surely, wait } from './keep-trying.ts'
import type { RunnerParts, Work } from './runner-parts.ts'
import { work, type Ending } from './work-activity.ts'

/** Begins what a transaction started, then goes on as with any other. */
export async function workStarted(parts: RunnerParts, running: Work): Promise<Ending> {
  const { activity, job } = running
  try {
    if (await beginStarted(parts, activity, job)) return { is: 'lost' }
  } catch (error) {
    if (isArchipelError(error) && error.code === 'ARC_OWNERSHIP_LOST') return { is: 'lost' }
    parts.telemetry.log.error('an activity could not begin; trying again', {
      ...namesOf(running),
      problem: describe(error),
    })
    const delayMs = wait(parts, job.attempts + 1, activity.retry)
    await surely(parts, running, () => parts.store.putBack(job, describe(error), delayMs))
    return { is: 'lost' }
  }
  return work(parts, running)
}
