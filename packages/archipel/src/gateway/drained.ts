import type { ServerResponse } from 'node:http'
import type { Timers } from '../environment/index.ts'
import { DEFAULT_TIMEOUTS } from '../host/index.ts'

/** Resolves when the client has read on, is gone or cut off for reading nothing, or nobody wants to go on. */
export function drained(response: ServerResponse, timers: Timers, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const stalled = timers.after(DEFAULT_TIMEOUTS.stallMs, () => response.destroy())
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
