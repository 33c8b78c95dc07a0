import { expect, test } from 'vitest'
import { namesEntityTag } from './conditions.ts'

const TAG = '"abc"'

test.each([
  '"abc"',
  'W/"abc"',
  '*',
  ' * ',
  '"x", "abc"',
  '"x","abc" , "y"',
  ', ,"abc",',
  'W/"x",\tW/"abc"',
  '"a,b", "abc"',
])('%j names it', (header) => expect(namesEntityTag(header, TAG)).toBe(true))

test.each([
  undefined,
  '',
  '"abcd"',
  '"ABC"',
  'abc',
  '"x", *',
  '"abc" "x"',
  '"x" abc',
  '"abc',
  '"abc", nonsense',
  '"a, "abc"',
  "'abc'",
  'w/"abc"',
])('%j names nothing of ours', (header) => expect(namesEntityTag(header, TAG)).toBe(false))

test('a header as long as a head can be is read in no time', () => {
  const began = performance.now()
  expect(namesEntityTag(`${'"x",'.repeat(4_000)} "`, TAG)).toBe(false)
  expect(namesEntityTag(`${' ,'.repeat(8_000)}`, TAG)).toBe(false)
  expect(namesEntityTag(' '.repeat(16_000), TAG)).toBe(false)
  expect(performance.now() - began).toBeLessThan(500)
})
