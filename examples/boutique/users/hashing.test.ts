import { expect, test } from 'vitest'
import { createTurns } from './hashing.ts'

/** Work that ends when the test says so. */
function works() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string) => () => {
    begun.push(name)
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
  }
  return { begun, work, end: (name: string) => ends.get(name)?.() }
}

test('a few at once, then the latest first, and the first of too many is sent away', async () => {
  const inTurn = createTurns(2, 2)
  const { begun, work, end } = works()
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => inTurn(work(name)))
  expect(await c).toBeUndefined()
  expect(begun).toEqual(['a', 'b'])
  end('a')
  expect(await a).toBe('a')
  await expect.poll(() => begun).toEqual(['a', 'b', 'e'])
  end('b')
  end('e')
  expect([await b, await e]).toEqual(['b', 'e'])
  await expect.poll(() => begun).toEqual(['a', 'b', 'e', 'd'])
  end('d')
  expect(await d).toBe('d')
})

test('a turn is passed on when its work fails', async () => {
  const inTurn = createTurns(1, 1)
  await expect(inTurn(() => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory')
  expect(await inTurn(() => Promise.resolve('next'))).toBe('next')
})

test('never more than allowed at once, also when turns are passed on and taken at the same moment', async () => {
  const inTurn = createTurns(2, 100)
  let [running, most] = [0, 0]
  const one = () =>
    inTurn(async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return true
    })
  const all = await Promise.all(Array.from({ length: 20 }, () => one().then(one)))
  expect(all).toEqual(all.map(() => true))
  expect(most).toBe(2)
})
