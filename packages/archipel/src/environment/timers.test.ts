import { expect, test } from 'vitest'
import { createVirtualTime } from '../testing/virtual-time.ts'

test('a sleeper wakes when its time has come, not before', async () => {
  const time = createVirtualTime()
  let awake = false
  const sleep = time.timers.sleep(1_000).then(() => (awake = true))
  await time.advance(999)
  expect(awake).toBe(false)
  await time.advance(1)
  await sleep
  expect(awake).toBe(true)
})

test('an aborted sleeper wakes at once and leaves no timer behind', async () => {
  const time = createVirtualTime()
  const controller = new AbortController()
  const sleep = time.timers.sleep(3_600_000, controller.signal)
  controller.abort()
  await sleep
  expect(time.pending).toBe(0)
})

test('timers fire in the order of their times, and of their making at one time', async () => {
  const time = createVirtualTime()
  const fired: string[] = []
  time.timers.after(20, () => fired.push('c'))
  time.timers.after(10, () => fired.push('a'))
  time.timers.after(10, () => fired.push('b'))
  time.timers.after(10, () => fired.push('cancelled')).cancel()
  await time.advance(100)
  expect(fired).toEqual(['a', 'b', 'c'])
})

test('a timer that sets a timer is followed within the same advance', async () => {
  const time = createVirtualTime()
  const at: number[] = []
  const tick = () => {
    at.push(time.clock.monotonic())
    if (at.length < 3) time.timers.after(10, tick)
  }
  time.timers.after(10, tick)
  await time.advance(30)
  expect(at).toEqual([10, 20, 30])
})
