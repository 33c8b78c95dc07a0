import fc from 'fast-check'
import { expect, test } from 'vitest'
import { uuidV7 } from './identifiers.ts'
import { systemRandomness } from './randomness.ts'

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('ids of one process are in order, also within a millisecond and when the wall clock goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 2, maxLength: 300 }), (steps) => {
      let now = Date.UTC(2026, 0, 1)
      const ids = uuidV7({ now: () => now, monotonic: () => 0 }, systemRandomness)
      const made = steps.map((step) => {
        now += step
        return ids.next()
      })
      expect(made).toEqual([...made].sort())
      expect(new Set(made).size).toBe(made.length)
      for (const id of made) expect(id).toMatch(UUID_V7)
    }),
  )
})

test('an id carries the millisecond it was made in', () => {
  const at = Date.UTC(2026, 4, 17, 12, 30)
  const id = uuidV7({ now: () => at, monotonic: () => 0 }, systemRandomness).next()
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(at)
})

test('ten thousand ids of one millisecond are different and in order', () => {
  const ids = uuidV7({ now: () => 1_700_000_000_000, monotonic: () => 0 }, systemRandomness)
  const made = Array.from({ length: 10_000 }, () => ids.next())
  expect(made).toEqual([...made].sort())
  expect(new Set(made).size).toBe(made.length)
})
