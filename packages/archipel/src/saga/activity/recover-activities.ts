import type { Timer } from '../../environment/index.ts'
import type { Job } from './job.ts'
import { reach, type RunnerParts } from './runner-parts.ts'
import type { RunningActivities } from './running-activities.ts'
import type { BoundActivity } from './types.ts'
import { list } from './work-activity.ts'

const CLAIMED_AT_ONCE = 16

/** Looks for activities whose owner fell silent or handed them back. */
export interface Recovery {
  start(): void
  stop(): void
}

export function createRecovery(
  parts: RunnerParts,
  activities: ReadonlyMap<string, BoundActivity>,
  running: RunningActivities,
): Recovery {
  const { clock, timers } = parts.environment
  const { store, tuning } = parts
  let sweeping: Timer | undefined

  async function sweep(): Promise<void> {
    try {
      const leaseUntil = clock.monotonic() + tuning.leaseMs
      for (const job of await store.claimDue([...activities.keys()], CLAIMED_AT_ONCE))
        await recover(job, leaseUntil)
    } catch (error) {
      const problem = error instanceof Error ? error : undefined
      parts.telemetry.log.warn('looking for activities without an owner failed; trying again', {
        error: problem,
      })
    }
    if (sweeping) sweeping = timers.after(tuning.sweepMs, () => void sweep())
  }

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

  return {
    start: () => void (sweeping ??= timers.after(0, () => void sweep())),
    stop() {
      sweeping?.cancel()
      sweeping = undefined
    },
  }
}
