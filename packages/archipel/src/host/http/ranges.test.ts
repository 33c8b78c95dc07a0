import { expect, test } from 'vitest'
import { rangeOf } from './ranges.ts'

test.each<[string | undefined, number, unknown]>([
  ['bytes=0-', 10, { from: 0, to: 10 }],
  ['bytes=0-0', 10, { from: 0, to: 1 }],
  ['bytes=3-6', 10, { from: 3, to: 7 }],
  ['bytes=9-9', 10, { from: 9, to: 10 }],
  ['bytes=3-99', 10, { from: 3, to: 10 }],
  ['bytes=-3', 10, { from: 7, to: 10 }],
  ['bytes=-99', 10, { from: 0, to: 10 }],
  ['Bytes= 1-2 ', 10, { from: 1, to: 3 }],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=10-12', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-5', 0, undefined],
  // The whole, for what says nothing that can be read.
  [undefined, 10, undefined],
  ['bytes=6-3', 10, undefined],
  ['bytes=-', 10, undefined],
  ['bytes=', 10, undefined],
  ['bytes=a-b', 10, undefined],
  ['bytes=1-2,4-5', 10, undefined],
  ['bytes=-1-2', 10, undefined],
  ['bytes=1 - 2', 10, undefined],
  ['items=1-2', 10, undefined],
  ['bytes=9999999999999999999-', 10, undefined],
])('%j of %i bytes', (header, length, range) => expect(rangeOf(header, length)).toEqual(range))
