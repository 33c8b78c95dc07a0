import type { Clock } from './clock.ts'
import type { FaultPoints } from './faults.ts'
import type { Files } from './files.ts'
import type { Identifiers } from './identifiers.ts'
import type { Randomness } from './randomness.ts'
import type { Timers } from './timers.ts'

/**
 * Everything outside a computation that its outcome may depend on. Nothing else in the framework reads a
 * clock, draws a random number, sets a timer or touches a file, so that a test can own all of it.
 */
export interface Environment {
  readonly clock: Clock
  readonly timers: Timers
  readonly randomness: Randomness
  readonly identifiers: Identifiers
  readonly files: Files
  readonly faults: FaultPoints
}
