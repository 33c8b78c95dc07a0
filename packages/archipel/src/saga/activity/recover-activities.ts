import type { Job } from './job.ts'
import { reach, type RunnerParts } from './runner-parts.ts'
import type { RunningActivities } from './running-activities.ts'
import type { BoundActivity } from './types.ts'
import { list } from './work-activity.ts'

const CLAIMED_AT_ONCE = 16

/** @returns what takes over activities whose owner fell silent or handed them back. */
export function createRecovery(
  parts: RunnerParts,
  activities: ReadonlyMap<string, BoundActivity>,
  running: RunningActivities,
): () => Promise<void> {
  const { clock } = parts.environment
  const { store, tuning } = parts

  /**
   * What its former owner began to send may have been done: only a key that the other side honours allows a repeat,
   * or the certainty that nothing has left.
   */
  async function recover(job: Job, leaseUntil: number): Promise<void> {
    const activity = activities.get(job.scope.operation)
    if (!activity) return
    await reach(parts, activity, 'claimed')
    const forgotten = clock.now() - job.firstSentAt >= activity.keyLifetimeMs
    if (job.outcome || ((activity.repeat === 'same-key' || job.unsent) && !forgotten)) {
      void running.takeUp(activity, job, leaseUntil)
      return
    }
    const why = forgotten
      ? 'its key is too old to be repeated'
      : 'its owner fell silent while it was being sent'
    void running.takeUp(activity, job, leaseUntil, (shared, mine) => list(shared, mine, why))
  }

  return async () => {
    const leaseUntil = clock.monotonic() + tuning.leaseMs
    for (const job of await store.claimDue([...activities.keys()], CLAIMED_AT_ONCE))
      await recover(job, leaseUntil)
  }
}
