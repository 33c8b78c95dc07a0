import { isArchipelError } from '../../errors/index.ts'
import type { ResolvedRetry } from '../definition/types.ts'
import { waitMs } from '../machine/backoff.ts'
import type { RunnerParts, Work } from './runner-parts.ts'

/** A fenced write is repeated while the database can't be reached. */
export async function surely(
  parts: RunnerParts,
  { cut }: Work,
  write: () => Promise<boolean>,
): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      return await write()
    } catch (error) {
      if (cut.signal.aborted) return false
      parts.telemetry.log.warn('the state of an activity could not be stored; trying again', {
        problem: describe(error),
      })
      await parts.environment.timers.sleep(wait(parts, tries), cut.signal)
    }
  }
}

/** Milliseconds until the next try. */
export function wait(
  { environment: { randomness }, tuning }: RunnerParts,
  tries: number,
  { firstDelayMs, longestDelayMs }: ResolvedRetry = tuning,
): number {
  return waitMs({ firstDelayMs, longestDelayMs }, tries, randomness.next())
}

/** What a line of the log says of an activity. */
export function namesOf({ job }: Work) {
  return { activity: job.scope.operation, key: job.scope.key, correlationId: job.call.correlationId }
}

export function describe(error: unknown): string {
  if (isArchipelError(error)) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
