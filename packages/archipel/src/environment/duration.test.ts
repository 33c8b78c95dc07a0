import { expect, test } from 'vitest'
import { durationMs, type Duration } from './duration.ts'

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['1.5s', 1_500],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
] satisfies [Duration, number][])('%s is %d milliseconds', (text, milliseconds) => {
  expect(durationMs(text)).toBe(milliseconds)
})

test.each(['-1s', '1e3s', 'Infinitys', '0x1s', ' 1s', '1 s'] as Duration[])(
  '%s is refused with advice',
  (text) => {
    expect(() => durationMs(text)).toThrow(/write a number and a unit/)
  },
)
