import type { Timer } from '../../environment/index.ts'
import type { RunnerParts } from './runner-parts.ts'
import type { RunningActivities } from './running-activities.ts'
import type { BoundActivity } from './types.ts'
import { workStarted } from './work-activity.ts'

/** Takes activities that transactions started, a few at a time: the rest waits in the database, in its order. */
export interface StartedActivities {
  /** Looks regularly from now on. */
  start(): void
  /** There may be some: look now. */
  wake(): void
  stop(): void
}

export function createStartedActivities(
  parts: RunnerParts,
  activities: ReadonlyMap<string, BoundActivity>,
  running: RunningActivities,
): StartedActivities {
  const { clock, timers } = parts.environment
  const { store, tuning } = parts
  let sweeping: Timer | undefined
  let inWork = 0
  let looking = false
  let again = false

  /** So many that one look gives several, unless there is nothing else to do. */
  const hasRoom = () => inWork === 0 || tuning.startedAtOnce - inWork >= tuning.startedAtOnce / 2

  async function look(): Promise<void> {
    if (sweeping === undefined || !hasRoom()) return
    if (looking) {
      again = true
      return
    }
    looking = true
    try {
      do {
        again = false
        await take()
      } while (again && hasRoom())
    } catch (error) {
      const problem = error instanceof Error ? error : undefined
      parts.telemetry.log.warn('looking for started activities failed; trying again', { error: problem })
    } finally {
      looking = false
    }
  }

  async function take(): Promise<void> {
    const leaseUntil = clock.monotonic() + tuning.leaseMs
    const room = tuning.startedAtOnce - inWork
    const jobs = await store.claimStarted([...activities.keys()], room)
    for (const job of jobs) {
      const activity = activities.get(job.scope.operation)
      if (!activity) continue
      inWork++
      void running.takeUp(activity, job, leaseUntil, workStarted).then(() => {
        inWork--
        void look()
      })
    }
    if (jobs.length === room) again = true
  }

  function sweep(): void {
    void look()
    sweeping = timers.after(tuning.sweepMs, sweep)
  }

  return {
    start: () => void (sweeping ??= timers.after(0, sweep)),
    wake: () => void look(),
    stop() {
      sweeping?.cancel()
      sweeping = undefined
    },
  }
}
