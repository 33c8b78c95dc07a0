import type { Timers } from '../environment/index.ts'

/** Lets one loop wait for whatever comes first: a time, or somebody who wakes it. */
export interface Waker {
  /** Resolves after `delayMs`, or when woken; at once if it was woken since the last wait. */
  wait(delayMs: number): Promise<void>
  wake(): void
}

export function createWaker(timers: Timers): Waker {
  let woken = false
  let release: (() => void) | undefined
  return {
    wait(delayMs) {
      if (woken || delayMs <= 0) {
        woken = false
        return Promise.resolve()
      }
      return new Promise((resolve) => {
        const done = () => {
          timer.cancel()
          release = undefined
          resolve()
        }
        const timer = timers.after(delayMs, done)
        release = done
      })
    },
    wake() {
      if (release) release()
      else woken = true
    },
  }
}
