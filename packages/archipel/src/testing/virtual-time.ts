import { timersFrom, type Clock, type Timers } from '../environment/index.ts'

/** Time that passes only when a test says so. */
export interface VirtualTime {
  readonly clock: Clock
  readonly timers: Timers
  /** Lets `milliseconds` pass: fires what falls due, in order, and lets what it woke run before the next. */
  advance(milliseconds: number): Promise<void>
  /** Fires the next timer, however far away it is. @returns false when none is set. */
  next(): Promise<boolean>
  /** Timers that are set and have not fired. */
  readonly pending: number
}

interface PendingTimer {
  readonly at: number
  readonly order: number
  readonly action: () => void
}

/** @param startMs wall time at the beginning, in milliseconds since 1970. */
export function createVirtualTime(startMs = Date.UTC(2026, 0, 1)): VirtualTime {
  const pending = new Set<PendingTimer>()
  let elapsed = 0
  let order = 0

  const timers = timersFrom((delayMs, action) => {
    const timer = { at: elapsed + Math.max(delayMs, 0), order: order++, action }
    pending.add(timer)
    return { cancel: () => void pending.delete(timer) }
  })

  function earliest(): PendingTimer | undefined {
    let first: PendingTimer | undefined
    for (const timer of pending) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer
    }
    return first
  }

  async function fire(timer: PendingTimer): Promise<void> {
    pending.delete(timer)
    elapsed = Math.max(elapsed, timer.at)
    timer.action()
    await settle()
  }

  return {
    clock: { now: () => startMs + elapsed, monotonic: () => elapsed },
    timers,
    get pending() {
      return pending.size
    },
    async advance(milliseconds) {
      const until = elapsed + milliseconds
      await settle()
      for (let timer = earliest(); timer && timer.at <= until; timer = earliest()) await fire(timer)
      elapsed = until
    },
    async next() {
      await settle()
      const timer = earliest()
      if (!timer) return false
      await fire(timer)
      return true
    },
  }
}

/** Lets everything that is ready run, real input and output included, a few rounds deep. */
async function settle(): Promise<void> {
  for (let round = 0; round < 4; round++) await new Promise((resolve) => setImmediate(resolve))
}
