import { systemClock } from './clock.ts'
import type { Environment } from './environment.ts'
import { noFaults } from './faults.ts'
import { systemFiles } from './files.ts'
import { uuidV7 } from './identifiers.ts'
import { systemRandomness } from './randomness.ts'
import { systemTimers } from './timers.ts'

/** The real machine. `overrides` replaces single parts, for example the fault points in a drill. */
export function systemEnvironment(overrides: Partial<Environment> = {}): Environment {
  const clock = overrides.clock ?? systemClock
  const randomness = overrides.randomness ?? systemRandomness
  return {
    clock,
    timers: systemTimers,
    randomness,
    identifiers: uuidV7(clock, randomness),
    files: systemFiles,
    faults: noFaults,
    ...overrides,
  }
}
