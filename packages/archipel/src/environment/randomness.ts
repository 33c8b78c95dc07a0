import { randomBytes } from 'node:crypto'

export interface Randomness {
  /** A number in [0, 1): for jitter and choices, never for secrets. */
  next(): number
  /** `length` bytes that nobody can predict. */
  bytes(length: number): Uint8Array
}

export const systemRandomness: Randomness = {
  next: () => Math.random(),
  bytes: (length) => randomBytes(length),
}
