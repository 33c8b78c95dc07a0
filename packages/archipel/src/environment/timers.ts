/** A timer that was set; cancelling one that has fired, or twice, does nothing. */
export interface Timer {
  cancel(): void
}

export interface Timers {
  /** Calls `action` once, after at least `delayMs` milliseconds. A timer doesn't keep the process alive. */
  after(delayMs: number, action: () => void): Timer
  /** Resolves after `delayMs` milliseconds, or at once when `signal` is aborted: it never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** Delays above this are clamped: Node.js would otherwise fire the timer at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

/** Makes `sleep` out of `after`, the same way for the system's timers and for virtual ones. */
export function timersFrom(after: Timers['after']): Timers {
  return {
    after,
    sleep(delayMs, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          signal?.removeEventListener('abort', wake)
          timer.cancel()
          resolve()
        }
        const timer = after(delayMs, wake)
        signal?.addEventListener('abort', wake)
      })
    },
  }
}

export const systemTimers: Timers = timersFrom((delayMs, action) => {
  const handle = setTimeout(action, Math.min(Math.max(delayMs, 0), LONGEST_DELAY_MS))
  handle.unref()
  return { cancel: () => clearTimeout(handle) }
})
