import { expect, test } from 'vitest'
import { balance } from './counters.ts'

const none = { below: 0, above: [] }

test('in flight is counted from what is open, not the remainder', () => {
  const settled = {
    position: 10,
    handled: { below: 9, above: [12] },
    parked: { below: 1, above: [] },
    discarded: none,
  }
  expect(balance(settled, 14, 13, [11, 12, 13])).toMatchObject({
    handled: 10,
    inFlight: 2,
    parked: 1,
    drift: 0,
  })
  // One more row in the log than can be accounted for.
  expect(balance(settled, 14, 14, [11, 12, 13])).toMatchObject({ inFlight: 2, drift: 1 })
})

test('what was settled beyond the mark is left out', () => {
  const settled = {
    position: 2,
    handled: { below: 2, above: [3, 9] },
    parked: { below: 0, above: [8] },
    discarded: none,
  }
  expect(balance(settled, 5, 3, [3])).toMatchObject({ handled: 3, inFlight: 0, parked: 0, drift: 0 })
})
