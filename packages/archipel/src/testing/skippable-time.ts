import {
  systemClock,
  systemTimers,
  timersFrom,
  type Clock,
  type Timer,
  type Timers,
} from '../environment/index.ts'

/**
 * Time that passes by itself, as always, and of which a test can skip as much as it likes: for whole applications,
 * where real databases answer in real time and yet an hour should take no longer than a moment.
 */
export interface SkippableTime {
  readonly clock: Clock
  readonly timers: Timers
  /** Lets `milliseconds` pass at once, as on a machine that wakes up: what became due fires, in its order. */
  skip(milliseconds: number): void
}

interface PendingTimer {
  readonly at: number
  readonly action: () => void
  handle: Timer
}

export function createSkippableTime(): SkippableTime {
  const pending = new Set<PendingTimer>()
  let skipped = 0
  const monotonic = () => systemClock.monotonic() + skipped

  function arm(timer: PendingTimer): void {
    timer.handle = systemTimers.after(timer.at - monotonic(), () => {
      pending.delete(timer)
      timer.action()
    })
  }

  const timers = timersFrom((delayMs, action) => {
    const timer: PendingTimer = {
      at: monotonic() + Math.max(delayMs, 0),
      action,
      handle: { cancel: () => undefined },
    }
    pending.add(timer)
    arm(timer)
    return {
      cancel() {
        pending.delete(timer)
        timer.handle.cancel()
      },
    }
  })

  return {
    clock: { now: () => systemClock.now() + skipped, monotonic },
    timers,
    skip(milliseconds) {
      skipped += milliseconds
      for (const timer of [...pending].toSorted((a, b) => a.at - b.at)) {
        if (!pending.has(timer)) continue
        timer.handle.cancel()
        arm(timer)
      }
    },
  }
}
