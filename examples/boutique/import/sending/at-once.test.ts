import { expect, test } from 'vitest'
import { atOnce } from './at-once.ts'

test('never more at once than told, and never read further ahead', async () => {
  let taken = 0
  let finished = 0
  let most = 0
  function* items() {
    for (let item = 0; item < 50; item++) {
      taken++
      yield item
    }
  }
  await atOnce(items(), 4, async () => {
    most = Math.max(most, taken - finished)
    await new Promise((resolve) => setImmediate(resolve))
    finished++
  })
  expect([taken, finished, most]).toEqual([50, 50, 4])
})

test('a failure ends it after those that had begun, and begins no other', async () => {
  const begun: number[] = []
  const finished: number[] = []
  const working = atOnce([1, 2, 3, 4, 5, 6], 2, async (item) => {
    begun.push(item)
    await new Promise((resolve) => setImmediate(resolve))
    if (item === 2) throw new Error('two')
    await new Promise((resolve) => setImmediate(resolve))
    finished.push(item)
  })
  await expect(working).rejects.toThrow('two')
  expect(begun.length).toBeLessThan(5)
  expect(finished).toEqual(begun.filter((item) => item !== 2))
})
