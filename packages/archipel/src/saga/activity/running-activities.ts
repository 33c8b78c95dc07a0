import type { Timer } from '../../environment/index.ts'
import { jobKey, type Job } from './job.ts'
import type { Ending, RunnerParts, Work } from './runner-parts.ts'
import type { BoundActivity } from './types.ts'
import { work } from './work-activity.ts'

/** The activities that this process owns, and their leases. */
export interface RunningActivities {
  /** Goes on with what this instance owns, in another way than `work` where that is given; it never rejects. */
  takeUp(activity: BoundActivity, job: Job, leaseUntil: number, go?: typeof work): Promise<Ending>
  idle(): Promise<void>
  /** From now on nothing waits for another try: it is handed back. */
  stop(): void
  /** Ends effects in flight. */
  cut(): void
  close(): void
}

export function createRunningActivities(parts: RunnerParts): RunningActivities {
  const { environment, telemetry, store, tuning } = parts
  const { clock, timers } = environment
  const running = new Map<string, Work>()
  let waiting: (() => void)[] = []
  let renewing: Timer | undefined
  let stopped = false

  async function renew(): Promise<void> {
    const began = clock.monotonic()
    const owned = [...running.values()]
    try {
      const kept = owned.length === 0 ? undefined : await store.renew(owned.map(({ job }) => job))
      for (const mine of owned) {
        if (kept?.has(jobKey(mine.job.scope))) mine.leaseUntil = began + tuning.leaseMs
      }
    } catch (error) {
      const problem = error instanceof Error ? error : undefined
      telemetry.log.warn('keeping owned activities failed; trying again', { error: problem })
    }
    renewing = running.size === 0 ? undefined : timers.after(tuning.leaseMs / 3, () => void renew())
  }

  function end(key: string, mine: Work): void {
    if (running.get(key) === mine) running.delete(key)
    if (running.size > 0) return
    for (const wake of waiting) wake()
    waiting = []
  }

  return {
    async takeUp(activity, job, leaseUntil, go = work) {
      const key = jobKey(job.scope)
      const mine: Work = {
        activity,
        job,
        leaseUntil,
        stop: new AbortController(),
        cut: new AbortController(),
      }
      running.get(key)?.cut.abort()
      running.set(key, mine)
      if (stopped) mine.stop.abort()
      renewing ??= timers.after(tuning.leaseMs / 3, () => void renew())
      try {
        return await go(parts, mine)
      } catch (error) {
        // Its lease ends, and whoever takes it then goes on with what is stored.
        const problem = error instanceof Error ? error : undefined
        telemetry.log.error('going on with an activity failed', {
          activity: activity.operation,
          error: problem,
        })
        return { is: 'lost' }
      } finally {
        end(key, mine)
      }
    },
    idle: () => new Promise((resolve) => (running.size === 0 ? resolve() : void waiting.push(resolve))),
    stop() {
      stopped = true
      for (const mine of running.values()) mine.stop.abort()
    },
    cut: () => running.forEach((mine) => mine.cut.abort()),
    close: () => renewing?.cancel(),
  }
}
