import type { Timer } from '../../environment/index.ts'
import type { RunnerParts } from './runner-parts.ts'
import type { RunningActivities } from './running-activities.ts'
import type { BoundActivity } from './types.ts'
import { workStarted } from './work-started.ts'

/** Takes activities that transactions started, a few at a time: the rest waits in the database, in its order. */
export interface StartedActivities {
  /** Looks regularly from now on. */
  start(): void
  /** There may be some of this operation: look now. */
  wake(operation: string): void
  stop(): void
}

/** The started ones of one activity. */
interface Lane {
  look(): Promise<void>
}

export function createStartedActivities(
  parts: RunnerParts,
  activities: ReadonlyMap<string, BoundActivity>,
  running: RunningActivities,
): StartedActivities {
  const { timers } = parts.environment
  const lanes = new Map<string, Lane>()
  let sweeping: Timer | undefined

  function look(operation: string): void {
    const activity = activities.get(operation)
    if (sweeping === undefined || activity === undefined) return
    const lane = lanes.get(operation) ?? createLane(parts, activity, running, () => sweeping !== undefined)
    lanes.set(operation, lane)
    void lane.look()
  }

  function sweep(): void {
    for (const operation of activities.keys()) look(operation)
    sweeping = timers.after(parts.tuning.sweepMs, sweep)
  }

  return {
    start: () => void (sweeping ??= timers.after(0, sweep)),
    wake: look,
    stop() {
      sweeping?.cancel()
      sweeping = undefined
    },
  }
}

function createLane(
  parts: RunnerParts,
  activity: BoundActivity,
  running: RunningActivities,
  open: () => boolean,
): Lane {
  const { environment, store, telemetry, tuning } = parts
  const atOnce = activity.atOnce ?? tuning.startedAtOnce
  let inWork = 0
  let looking = false
  let again = false

  /** So many places that one look takes several, unless there is nothing else to do. */
  const hasRoom = () => open() && (inWork === 0 || atOnce - inWork >= atOnce / 2)

  async function look(): Promise<void> {
    again = looking
    if (looking || !hasRoom()) return
    looking = true
    try {
      do {
        again = false
        await take()
      } while (again && hasRoom())
    } catch (error) {
      const problem = error instanceof Error ? error : undefined
      telemetry.log.warn('looking for started activities failed; trying again', { error: problem })
    } finally {
      looking = false
    }
  }

  async function take(): Promise<void> {
    const leaseUntil = environment.clock.monotonic() + tuning.leaseMs
    const room = atOnce - inWork
    const jobs = await store.claimStarted([activity.operation], room)
    if (jobs.length === room) again = true
    for (const job of jobs) {
      inWork++
      void running.takeUp(activity, job, leaseUntil, workStarted).then(() => {
        inWork--
        void look()
      })
    }
  }

  return { look }
}
