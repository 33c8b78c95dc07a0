import { expect, test } from 'vitest'
import { createProgress } from './progress.ts'

/** Does 100 things in ten seconds. @returns what was written. */
function written(isTTY: boolean): string[] {
  const texts: string[] = []
  let now = 0
  const progress = createProgress({ isTTY, write: (text) => void texts.push(text) }, () => now)
  progress.begin('products', 100)
  for (let done = 0; done < 100; done++) {
    now += 100
    progress.step()
  }
  progress.end()
  return texts
}

test('a line that is rewritten on a terminal, with rate and time left', () => {
  const texts = written(true)
  expect(texts).toHaveLength(101)
  expect(texts[49]).toBe('\r\u001b[2Kproducts: 50 of 100, 10/s, about 5 s left')
  expect(texts[100]).toBe('\r\u001b[2Kproducts: 100 of 100, 10/s, in 10.0 s\n')
})

test('plain lines now and then elsewhere', () => {
  expect(written(false)).toEqual([
    'products: 50 of 100, 10/s, about 5 s left\n',
    'products: 100 of 100, 10/s, about 0 s left\n',
    'products: 100 of 100, 10/s, in 10.0 s\n',
  ])
})
