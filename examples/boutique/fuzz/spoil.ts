import type { Dice } from '../drill/random.ts'

const WRONG: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  2 ** 53,
  '',
  ' ',
  'x'.repeat(5_000),
  '\u0000',
  '\ud800',
  '../../etc/passwd',
  "' or 1=1 --",
  [],
  {},
  [[]],
  '2010-13-45T99:99:99Z',
  '{"a":1}',
  'NaN',
  '-0',
  '９',
  { __proto__: null, constructor: 1 },
]

/** A copy of a value with one thing wrong, somewhere in it: most of them no longer fit their schema. */
export function spoilt(value: unknown, dice: Dice): unknown {
  if (Array.isArray(value)) {
    const at = dice.between(0, value.length)
    if (at === value.length) return dice.next() < 0.5 ? dice.pick(WRONG) : [...value, dice.pick(WRONG)]
    return value.map((item: unknown, index) => (index === at ? spoilt(item, dice) : item))
  }
  if (typeof value !== 'object' || value === null) return dice.pick(WRONG)
  const entries = Object.entries(value)
  const at = dice.between(0, entries.length + 1)
  if (at === entries.length)
    return { ...value, [dice.pick(['extra', '__proto__', 'constructor', 'toString', ''])]: dice.pick(WRONG) }
  if (at > entries.length) return dice.pick(WRONG)
  if (dice.next() < 0.25) return Object.fromEntries(entries.filter((_, index) => index !== at))
  return Object.fromEntries(
    entries.map(([name, item], index) => [name, index === at ? spoilt(item, dice) : item]),
  )
}
