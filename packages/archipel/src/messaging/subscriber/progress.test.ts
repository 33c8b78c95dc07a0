import { expect, test } from 'vitest'
import type { LoggedEvent } from '../types.ts'
import { backoffMs, createProgress } from './progress.ts'

const at = (position: number, key: string): LoggedEvent => ({
  position,
  key,
  id: `e${position}`,
  type: 't',
  publisher: 'p',
  data: {},
  time: '',
  correlationId: '',
  traceparent: undefined,
  causationId: undefined, // prettier-ignore
})

test('the durable position stays before the first blocked event, however far others have got', () => {
  const progress = createProgress(0)
  progress.block({ key: 'k', position: 4, attempts: 1, dueAt: 0 })
  progress.covered(50)
  expect(progress.durable()).toBe(3)
  progress.free('k')
  expect(progress.durable()).toBe(50)
})

test('reading goes back only when events were passed over behind the blocked one', () => {
  const progress = createProgress(0)
  progress.block({ key: 'k', position: 4, attempts: 1, dueAt: 0 })
  expect(progress.passesOver(at(4, 'k'))).toBe(true)
  expect(progress.passesOver(at(5, 'other'))).toBe(false)
  progress.covered(50)
  expect(progress.durable(50, 'k')).toBe(50)
  expect(progress.passesOver(at(30, 'k'))).toBe(true)
  expect(progress.durable(50, 'k')).toBe(4)
  progress.free('k')
  expect(progress.cursor).toBe(4)
})

test('the key that is due first is tried first', () => {
  const progress = createProgress(0)
  progress.block({ key: 'late', position: 1, attempts: 1, dueAt: 20 })
  progress.block({ key: 'soon', position: 2, attempts: 1, dueAt: 10 })
  expect(progress.nextDue()?.key).toBe('soon')
})

test('delays double up to the longest, with jitter of half', () => {
  const retry = { firstDelayMs: 100, longestDelayMs: 1000 }
  expect([1, 2, 3, 4, 5, 500].map((attempts) => backoffMs(retry, attempts, 1))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ])
  expect(backoffMs(retry, 1, 0)).toBe(50)
})

test('reading again begins behind what the database has', () => {
  const progress = createProgress(3)
  progress.covered(20)
  progress.stored(10)
  progress.covered(40)
  progress.rewind()
  expect(progress.cursor).toBe(10)
})
