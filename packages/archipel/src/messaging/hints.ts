import type { Timers } from '../environment/index.ts'
import type { ChangeHints } from './port.ts'

/** Hints in memory: one set of listeners for each publisher and key that somebody waits for. */
export function createHints(timers: Timers): ChangeHints {
  const waiting = new Map<string, Set<() => void>>()

  return {
    wait(publisher, key, { timeoutMs, signal }) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const name = nameOf(publisher, key)
        const listeners = waiting.get(name) ?? new Set()
        const done = () => {
          timer.cancel()
          signal?.removeEventListener('abort', done)
          listeners.delete(done)
          if (listeners.size === 0 && waiting.get(name) === listeners) waiting.delete(name)
          resolve()
        }
        const timer = timers.after(timeoutMs, done)
        signal?.addEventListener('abort', done)
        waiting.set(name, listeners.add(done))
      })
    },
    changed(publisher, key) {
      for (const done of waiting.get(nameOf(publisher, key)) ?? []) done()
    },
  }
}

/** Names of publishers have no space in them. */
function nameOf(publisher: string, key: string): string {
  return `${publisher} ${key}`
}
