import type { Timer } from '../../environment/index.ts'
import { asError } from '../../errors/index.ts'
import type { RunnerParts } from './runner-parts.ts'

/** Looks regularly for what nobody in this process was told of. */
export interface Sweep {
  start(): void
  stop(): void
}

/** @param looks run one after the other: a service at rest needs one connection for all of them. */
export function createSweep(
  { environment, telemetry, tuning }: RunnerParts,
  looks: readonly (() => Promise<void>)[],
): Sweep {
  let next: Timer | undefined

  async function sweep(): Promise<void> {
    try {
      for (const look of looks) await look()
    } catch (error) {
      telemetry.log.warn('looking for activities failed; trying again', { error: asError(error) })
    }
    if (next) next = environment.timers.after(tuning.sweepMs, () => void sweep())
  }

  return {
    start: () => void (next ??= environment.timers.after(0, () => void sweep())),
    stop() {
      next?.cancel()
      next = undefined
    },
  }
}
