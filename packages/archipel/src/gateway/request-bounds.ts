import type { CallBounds } from '../call/index.ts'
import type { Environment } from '../environment/index.ts'
import { frameworkError, type ArchipelError, type Effect } from '../errors/index.ts'

const WHOLE_MS = /^[1-9]\d{0,8}$/

/** The time that a request has: the limit, or less when its header says so. Nonsense in the header is ignored. */
export function deadlineMs(header: string | undefined, limitMs: number): number {
  if (header === undefined || !WHOLE_MS.test(header)) return limitMs
  return Math.min(Number(header), limitMs)
}

export interface RequestBounds extends CallBounds {
  /** The answer is on its way: nothing is aborted any more. */
  finish(): void
}

/**
 * The bounds of one request, whose work may have had `effect` when it is given up. `onDeadline` answers it when time is up, whatever the call does; a client that goes
 * away aborts the call.
 */
export function requestBounds(
  environment: Environment,
  withinMs: number,
  effect: Effect,
  onDeadline: (error: ArchipelError) => void,
): RequestBounds & { cancel(): void } {
  const controller = new AbortController()
  const timer = environment.timers.after(withinMs, () => {
    const error = frameworkError('ARC_DEADLINE', 'there was no answer in time', { effect })
    controller.abort(error)
    onDeadline(error)
  })
  return {
    deadlineAt: environment.clock.monotonic() + withinMs,
    signal: controller.signal,
    finish: () => timer.cancel(),
    cancel() {
      timer.cancel()
      controller.abort(frameworkError('ARC_CANCELLED', 'the client went away', { effect }))
    },
  }
}
