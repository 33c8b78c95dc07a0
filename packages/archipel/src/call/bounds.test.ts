import { expect, test } from 'vitest'
import { createVirtualTime } from '../testing/virtual-time.ts'
import { remainingMs } from './bounds.ts'
import { createBoundsSource, firstOf, requireTime } from './index.ts'

function open() {
  const time = createVirtualTime()
  return { time, source: createBoundsSource(time) }
}

test('aborts the signal when the deadline passes, and says why', async () => {
  const { time, source } = open()
  const bounds = source.open(50)
  const { signal } = bounds
  await time.advance(49)
  expect(signal.aborted).toBe(false)
  await time.advance(6)
  expect(signal.reason).toMatchObject({ code: 'ARC_DEADLINE', kind: 'timed-out' })
})

test('a signal that is first asked for after the end is aborted already', () => {
  const { source } = open()
  const bounds = source.open(50)
  bounds.cancel()
  expect(bounds.signal.reason).toMatchObject({ code: 'ARC_CANCELLED' })
})

test('never outlives the bounds it is within, in time or in cancellation', async () => {
  const { time, source } = open()
  const outer = source.open(50)
  const longer = source.within(outer, 10_000)
  const shorter = source.within(outer, 20)
  const { signal } = shorter
  expect(longer.deadlineAt).toBe(50)
  await time.advance(25)
  expect(signal.reason).toMatchObject({ code: 'ARC_DEADLINE' })
  expect(longer.signal.aborted).toBe(false)
  outer.cancel()
  expect(longer.signal.reason).toMatchObject({ code: 'ARC_CANCELLED' })
})

test('closed bounds hold nothing and never abort', async () => {
  const { time, source } = open()
  const bounds = source.open(50)
  const { signal } = bounds
  bounds.close()
  await time.advance(1_000)
  expect(signal.aborted).toBe(false)
  expect(time.pending).toBe(0)
})

test('many deadlines share timers and each fires in its time', async () => {
  const { time, source } = open()
  const fired: number[] = []
  for (const timeoutMs of [500, 20, 20, 3_000, 21]) {
    source.open(timeoutMs).signal.addEventListener('abort', () => fired.push(timeoutMs))
  }
  await time.advance(30)
  expect(fired.toSorted((a, b) => a - b)).toEqual([20, 20, 21])
  await time.advance(4_000)
  expect(fired.slice(3)).toEqual([500, 3_000])
})

test('bounds of another maker end ours', () => {
  const { source, time } = open()
  const controller = new AbortController()
  const ours = source.adopt({ deadlineAt: 100, signal: controller.signal })
  expect(remainingMs(ours, time.clock)).toBe(100)
  controller.abort()
  expect(() => requireTime(ours, time.clock)).toThrow(expect.objectContaining({ code: 'ARC_CANCELLED' }))
})

test('nothing begins when time is up, even before a timer could say so', async () => {
  const { source, time } = open()
  const bounds = source.open(50)
  await time.advance(50)
  expect(() => requireTime(bounds, time.clock)).toThrow(
    expect.objectContaining({ code: 'ARC_DEADLINE', effect: 'none' }),
  )
})

test('the first that succeeds wins a race, and the losers are told', async () => {
  const { source } = open()
  const parent = source.open(1_000)
  const loser = { signal: new AbortController().signal }
  const result = await firstOf(source, parent, [
    async (bounds) => {
      loser.signal = bounds.signal
      return new Promise<string>(() => undefined)
    },
    async () => {
      throw new Error('this way is closed')
    },
    async () => 'won',
  ])
  expect(result).toBe('won')
  expect(loser.signal.aborted).toBe(true)
  expect(parent.signal.aborted).toBe(false)
})

test('one deadline ends signal and waiters, in whatever order they came', async () => {
  const { source, time } = open()
  const bounds = source.open(50)
  const told: string[] = []
  const waiter = (name: string) => ({
    stop: () => void told.push(name),
    previousWaiter: undefined,
    nextWaiter: undefined,
  })
  const [first, second, gone] = [waiter('first'), waiter('second'), waiter('gone')]
  bounds.join(first)
  bounds.join(gone)
  bounds.signal.addEventListener('abort', () => told.push('signal'))
  bounds.join(second)
  bounds.leave(gone)
  await time.advance(60)
  expect(told).toEqual(['second', 'first', 'signal'])
})
