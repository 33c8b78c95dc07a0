import { expect, test } from 'vitest'
import { createMarks } from './marks.ts'

test('a last position is a mark at once when nobody holds the lock', () => {
  const marks = createMarks()
  marks.surveyed(7, [], 0)
  expect(marks.mark).toBe(7)
  expect(marks.waiting).toBe(0)
})

test('a mark waits for those who held the lock when it was looked up, and for nobody who came later', () => {
  const marks = createMarks()
  marks.surveyed(5, ['a', 'b'], 0)
  marks.surveyed(9, ['b', 'c'], 1)
  expect(marks.mark).toBe(0)
  marks.surveyed(12, ['c', 'd'], 2)
  expect(marks.mark).toBe(5)
  marks.surveyed(12, ['d', 'e'], 3)
  expect(marks.mark).toBe(9)
  marks.surveyed(12, [], 4)
  expect(marks.mark).toBe(12)
})

test('a writer that never ends holds the mark, and its age is told', () => {
  const marks = createMarks()
  for (let now = 0; now <= 100; now++) marks.surveyed(now, ['stuck', `short-${now}`], now)
  expect(marks.mark).toBe(0)
  expect(marks.oldestWriter(150)).toBe(150)
  marks.surveyed(101, ['short-101'], 151)
  expect(marks.mark).toBeGreaterThan(0)
  expect(marks.oldestWriter(151)).toBe(0)
})
