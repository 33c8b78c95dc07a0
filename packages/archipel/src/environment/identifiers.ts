import type { Clock } from './clock.ts'
import type { Randomness } from './randomness.ts'

export interface Identifiers {
  /** A new UUIDv7: ordered by the time it was made, so that it also is a good key of a table. */
  next(): string
}

const POOL_BYTES = 16 * 256

/**
 * UUIDv7 as in RFC 9562, section 5.7: 48 bits of milliseconds, then random bits. Within one millisecond the
 * 12 bits after the version count up from a random start (method 1 of section 6.2), so that ids made by one
 * process are in order.
 */
export function uuidV7(clock: Clock, randomness: Randomness): Identifiers {
  let pool = randomness.bytes(0)
  let used = 0
  let lastMs = -1
  let counter = 0

  function randomTail(): Uint8Array {
    if (used + 16 > pool.length) {
      pool = randomness.bytes(POOL_BYTES)
      used = 0
    }
    used += 16
    return pool.subarray(used - 16, used)
  }

  function advance(nowMs: number, seed: number): void {
    if (nowMs > lastMs) {
      lastMs = nowMs
      counter = seed & 0x7ff
    } else if (++counter > 0xfff) {
      lastMs++
      counter = 0
    }
  }

  return {
    next() {
      const random = Buffer.from(randomTail())
      advance(Math.floor(clock.now()), random.readUInt16BE(0))
      random.writeUIntBE(lastMs, 0, 6)
      random.writeUInt16BE(0x7000 | counter, 6)
      random.writeUInt8(0x80 | (random.readUInt8(8) & 0x3f), 8)
      const hex = random.toString('hex')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
    },
  }
}
