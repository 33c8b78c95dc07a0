import { expect, test } from 'vitest'
import { createRest } from './rest.ts'

test('after a pause a page rests shortly; while they follow each other ever longer, up to four times', () => {
  const rest = createRest(20)
  const begins = (at: number) => (rest.after(at), rest.dueAt - at)
  expect(rest.dueAt).toBe(Number.NEGATIVE_INFINITY)
  expect(begins(1_000)).toBe(20)
  expect(begins(1_020)).toBe(40)
  expect(begins(1_065)).toBe(80)
  expect(begins(1_150)).toBe(80)
  expect(begins(1_250)).toBe(20)
})

test('no time is no rest', () => {
  const rest = createRest(0)
  rest.after(5)
  rest.after(5)
  expect(rest.dueAt).toBe(5)
})
