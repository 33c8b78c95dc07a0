import type { Randomness } from '../environment/index.ts'
import type { ArchipelError } from '../errors/index.ts'
import type { OperationKind } from '../contract/index.ts'

const TRIES = 3
const FIRST_DELAY_MS = 25
const LONGEST_DELAY_MS = 1_000
const IN_PROGRESS_DELAY_MS = 100

/** Each call earns a part of a retry and each retry spends a whole one, so that retries never multiply a load. */
const EARNED_PER_CALL = 0.2
const SAVED_AT_MOST = 20

/** What a pipeline may still spend on retries. */
export class RetryBudget {
  #saved = SAVED_AT_MOST

  earn(): void {
    if (this.#saved < SAVED_AT_MOST) this.#saved += EARNED_PER_CALL
  }

  spend(): boolean {
    if (this.#saved < 1) return false
    this.#saved--
    return true
  }
}

/** Whether a call can be sent twice without being done twice: a read, or a command whose key makes it so. */
export function isRepeatable(kind: OperationKind, secret: boolean, key: string | undefined): boolean {
  return kind === 'query' || (kind === 'command' && !secret && key !== undefined)
}

/**
 * After how many milliseconds a repeatable call that failed is sent again; undefined: it isn't.
 * A key that is at work elsewhere is asked for until its answer is there, within the deadline. Of all other errors only
 * a callee that can't be reached is asked again; one that says it is overloaded is left alone.
 */
export function retryDelayMs(
  error: ArchipelError,
  tries: number,
  budget: RetryBudget,
  randomness: Randomness,
): number | undefined {
  if (error.code === 'ARC_KEY_IN_PROGRESS') {
    return (error.retryAfterMs ?? IN_PROGRESS_DELAY_MS) * (0.5 + randomness.next() / 2)
  }
  if (error.kind !== 'unavailable' || error.declaredBy !== undefined) return undefined
  if (tries >= TRIES || !budget.spend()) return undefined
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (tries - 1))
  return Math.max(error.retryAfterMs ?? 0, 0) + randomness.next() * ceiling
}
