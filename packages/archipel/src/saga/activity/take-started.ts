import type { Timer } from '../../environment/index.ts'
import { reach, type RunnerParts, type Work } from './runner-parts.ts'
import type { RunningActivities } from './running-activities.ts'
import type { BoundActivity } from './types.ts'
import { work } from './work-activity.ts'

/** Takes activities that transactions started, a few at a time: the rest waits in the database, in its order. */
export interface StartedActivities {
  start(): void
  /** There may be some of this operation: look soon. */
  wake(operation: string): void
  /** Looks for those that others have left. */
  look(): Promise<void>
  stop(): void
}

/** The started ones of one activity. */
interface Lane {
  /** There may be some. */
  wake(): void
}

export function createStartedActivities(
  parts: RunnerParts,
  activities: ReadonlyMap<string, BoundActivity>,
  running: RunningActivities,
): StartedActivities {
  const lanes = new Map<string, Lane>()
  let open = false

  function wake(operation: string): void {
    const activity = activities.get(operation)
    if (!open || activity === undefined) return
    const lane = lanes.get(operation) ?? createLane(parts, activity, running, () => open)
    lanes.set(operation, lane)
    lane.wake()
  }

  return {
    start: () => void (open = true),
    wake,
    async look() {
      for (const operation of await parts.store.waiting([...activities.keys()])) wake(operation)
    },
    stop: () => void (open = false),
  }
}

/**
 * The first is taken at once; what comes right after it waits a little, so that one statement takes many. More are taken
 * only when half of the places are free.
 */
function createLane(
  parts: RunnerParts,
  activity: BoundActivity,
  running: RunningActivities,
  open: () => boolean,
): Lane {
  const { environment, store, telemetry, tuning } = parts
  const { clock, timers } = environment
  const atOnce = activity.atOnce ?? tuning.startedAtOnce
  let inWork = 0
  let taking = false
  /** Somebody said that there may be some, and nobody has looked since. */
  let wanted = false
  /** A reading of the monotonic clock. */
  let notBefore = -Infinity
  let pausing: Timer | undefined

  function look(): void {
    if (!open() || !wanted || taking || pausing !== undefined) return
    if (atOnce - inWork < atOnce / 2) return
    const pauseMs = notBefore - clock.monotonic()
    if (pauseMs <= 0) return void take()
    pausing = timers.after(pauseMs, () => {
      pausing = undefined
      look()
    })
  }

  async function take(): Promise<void> {
    taking = true
    wanted = false
    try {
      const leaseUntil = clock.monotonic() + tuning.leaseMs
      const room = atOnce - inWork
      const jobs = await store.take(activity.operation, room, clock.now())
      // As many as there was room for: there are more, and the next statement takes many again.
      wanted ||= jobs.length === room
      notBefore = jobs.length === room ? -Infinity : clock.monotonic() + tuning.gatherMs
      inWork += jobs.length
      for (const job of jobs) void running.takeUp(activity, job, leaseUntil, workTaken).then(ended)
    } catch (error) {
      const problem = error instanceof Error ? error : undefined
      telemetry.log.warn('looking for started activities failed; trying again', { error: problem })
    } finally {
      taking = false
      look()
    }
  }

  function ended(): void {
    inWork--
    look()
  }

  return {
    wake() {
      wanted = true
      look()
    },
  }
}

async function workTaken(parts: RunnerParts, running: Work) {
  await reach(parts, running.activity, 'intended')
  return work(parts, running)
}
