import type { Randomness } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'

const KEY = /^[\x21-\x7e]{1,200}$/
const BYTES = 16
const POOL = 64

/**
 * Checks the key of a command, or makes one of 128 random bits where none came: repeats inside stay safe.
 * @throws ARC_KEY_INVALID
 */
export function idempotencyKeys(randomness: Randomness): (given: string | undefined) => string {
  let pool = ''
  let used = 0
  return (given) => {
    if (given !== undefined) {
      if (KEY.test(given)) return given
      throw frameworkError('ARC_KEY_INVALID', 'Idempotency-Key must be 1 to 200 visible ASCII characters')
    }
    if (used >= pool.length) {
      pool = Buffer.from(randomness.bytes(BYTES * POOL)).toString('hex')
      used = 0
    }
    used += BYTES * 2
    return pool.slice(used - BYTES * 2, used)
  }
}
