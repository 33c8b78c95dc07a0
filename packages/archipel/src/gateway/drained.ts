import type { ServerResponse } from 'node:http'
import type { Timers } from '../environment/index.ts'

/** A client that reads nothing for so long is cut off. */
const LONGEST_STALL_MS = 60_000

/** Resolves when the client has read on, is gone, or nobody wants to go on. */
export function drained(response: ServerResponse, timers: Timers, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const stalled = timers.after(LONGEST_STALL_MS, () => response.destroy())
    const done = () => {
      stalled.cancel()
      response.off('drain', done).off('close', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
    signal.addEventListener('abort', done)
  })
}
