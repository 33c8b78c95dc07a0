import type { Kind, Mutant } from './sites.ts'

/** How the draw is spread: changes that matter most come most often. */
const SHARES: Readonly<Record<Kind, number>> = {
  comparison: 5,
  statement: 4,
  await: 3,
  sql: 3,
  logic: 2,
  constant: 2,
  commit: 1,
}

/** Mulberry32: a printed seed draws the same mutants again. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** So many of the sites, each at most once, kind by kind as the shares say. */
export function draw(sites: readonly Mutant[], seed: number, count: number): Mutant[] {
  const random = createRandom(seed)
  const left = Map.groupBy(sites, ({ kind }) => kind)
  const drawn: Mutant[] = []
  while (drawn.length < count) {
    const kinds = [...left].filter(([, ofKind]) => ofKind.length > 0).map(([kind]) => kind)
    if (kinds.length === 0) break
    const kind = pickByShare(kinds, random())
    const ofKind = left.get(kind) ?? []
    drawn.push(...ofKind.splice(Math.floor(random() * ofKind.length), 1))
  }
  return drawn
}

function pickByShare(kinds: readonly Kind[], at: number): Kind {
  let rest = at * kinds.reduce((sum, kind) => sum + SHARES[kind], 0)
  for (const kind of kinds) {
    rest -= SHARES[kind]
    if (rest < 0) return kind
  }
  throw new Error('there is nothing to draw from')
}
