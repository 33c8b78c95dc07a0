import fc from 'fast-check'

/** What is known of one SKU. */
interface Shelf {
  received: number
  corrections: number
  available: number
  writtenOff: number
}

interface ModelOrder {
  status: 'held' | 'released' | 'sold' | 'restocked'
  readonly lines: Map<string, { quantity: number; back: number }>
}

export const SKUS = ['A-1', 'B-2', 'C-3']

const sku = fc.constantFrom(...SKUS)
const few = fc.integer({ min: 1, max: 6 })
const order = fc.nat({ max: 4 })
const lines = fc.array(fc.record({ sku, quantity: few }), { maxLength: 4 })
const dispositions = fc.constantFrom('restock' as const, 'writeOff' as const)

const steps = {
  receive: fc.record({ kind: fc.constant('receive'), sku, quantity: few }),
  correct: fc.record({
    kind: fc.constant('correct'),
    sku,
    quantity: fc.oneof(
      few,
      few.map((pieces) => -pieces),
    ),
  }),
  reserve: fc.record({ kind: fc.constant('reserve'), order, lines }),
  release: fc.record({ kind: fc.constant('release'), order }),
  sold: fc.record({ kind: fc.constant('sold'), order }),
  restock: fc.record({ kind: fc.constant('restock'), order }),
  takeBack: fc.record({
    kind: fc.constant('takeBack'),
    order,
    lines: fc.array(fc.record({ sku, quantity: fc.integer({ min: 1, max: 3 }), disposition: dispositions }), {
      maxLength: 3,
    }),
  }),
}

type StepOf<TKind extends keyof typeof steps> =
  (typeof steps)[TKind] extends fc.Arbitrary<infer TStep> ? TStep : never
/** One thing that happens to the stock. Few orders, so that they come again in every state. */
export type Step = { [TKind in keyof typeof steps]: StepOf<TKind> }[keyof typeof steps]

/** Goods come in first, so that there is something to sell. */
const filled: Step[] = SKUS.map((name) => ({ kind: 'receive', sku: name, quantity: 10 }))

export const anySteps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: steps.reserve },
      { weight: 4, arbitrary: steps.takeBack },
      { weight: 3, arbitrary: steps.sold },
      { weight: 1, arbitrary: steps.restock },
      { weight: 1, arbitrary: steps.release },
      { weight: 1, arbitrary: steps.receive },
      { weight: 1, arbitrary: steps.correct },
    ),
    { minLength: 15, maxLength: 40 },
  )
  .map((happened) => [...filled, ...happened])

/** Meets everything that can happen: what is drawn may miss some of it. */
export const EVERY_OUTCOME: readonly Step[] = [
  { kind: 'receive', sku: 'A-1', quantity: 10 },
  { kind: 'correct', sku: 'A-1', quantity: -2 },
  { kind: 'correct', sku: 'A-1', quantity: -9 },
  { kind: 'reserve', order: 0, lines: [{ sku: 'A-1', quantity: 3 }] },
  { kind: 'reserve', order: 1, lines: [{ sku: 'B-2', quantity: 1 }] },
  { kind: 'release', order: 0 },
  { kind: 'takeBack', order: 0, lines: [{ sku: 'A-1', quantity: 1, disposition: 'restock' }] },
  { kind: 'reserve', order: 1, lines: [{ sku: 'A-1', quantity: 4 }] },
  { kind: 'sold', order: 1 },
  { kind: 'release', order: 1 },
  { kind: 'takeBack', order: 1, lines: [{ sku: 'A-1', quantity: 3, disposition: 'restock' }] },
  { kind: 'takeBack', order: 1, lines: [{ sku: 'A-1', quantity: 2, disposition: 'writeOff' }] },
  { kind: 'restock', order: 1 },
]

/** The stock as a few lines of arithmetic: what the database must say after the same steps. */
export function createStockModel() {
  const shelves = new Map<string, Shelf>(
    SKUS.map((name) => [name, { received: 0, corrections: 0, available: 0, writtenOff: 0 }]),
  )
  const orders = new Map<number, ModelOrder>()
  const shelf = (name: string) => {
    const found = shelves.get(name)
    if (!found) throw new Error(`the model has no ${name}`)
    return found
  }

  function reserve(step: StepOf<'reserve'>): string {
    const wanted = sumOf(step.lines)
    if ([...wanted].some(([name, quantity]) => shelf(name).available < quantity)) return 'OUT_OF_STOCK'
    for (const [name, quantity] of wanted) shelf(name).available -= quantity
    const own = [...wanted].map(([name, quantity]) => [name, { quantity, back: 0 }] as const)
    orders.set(step.order, { status: 'held', lines: new Map(own) })
    return 'ok'
  }

  function putBack(made: ModelOrder, status: 'released' | 'restocked'): string {
    for (const [name, { quantity, back }] of made.lines) shelf(name).available += quantity - back
    made.status = status
    return 'ok'
  }

  function takeBack(made: ModelOrder, step: StepOf<'takeBack'>): string {
    if (made.status !== 'held' && made.status !== 'sold') return 'NOT_SOLD'
    const known = step.lines.filter((line) => made.lines.has(line.sku))
    for (const [name, quantity] of sumOf(known)) {
      const line = made.lines.get(name)
      if (line && quantity > line.quantity - line.back) return 'MORE_THAN_SOLD'
    }
    made.status = 'sold'
    for (const { sku: name, quantity, disposition } of known) {
      const line = made.lines.get(name)
      if (line) line.back += quantity
      shelf(name)[disposition === 'restock' ? 'available' : 'writtenOff'] += quantity
    }
    return 'ok'
  }

  /** @returns `ok`, or the code of the refusal. */
  function perform(step: Step): string {
    if (step.kind === 'receive') {
      shelf(step.sku).received += step.quantity
      shelf(step.sku).available += step.quantity
      return 'ok'
    }
    if (step.kind === 'correct') {
      if (shelf(step.sku).available + step.quantity < 0) return 'MORE_THAN_AVAILABLE'
      shelf(step.sku).corrections += step.quantity
      shelf(step.sku).available += step.quantity
      return 'ok'
    }
    const made = orders.get(step.order)
    if (step.kind === 'reserve') return made ? 'skipped' : reserve(step)
    if (!made) return step.kind === 'takeBack' ? 'NOT_SOLD' : 'ok'
    if (step.kind === 'takeBack') return takeBack(made, step)
    if (step.kind === 'release' && made.status === 'sold') return 'ALREADY_SOLD'
    if (step.kind === 'release') return made.status === 'held' ? putBack(made, 'released') : 'ok'
    if (step.kind === 'restock')
      return made.status === 'held' || made.status === 'sold' ? putBack(made, 'restocked') : 'ok'
    if (made.status === 'held') made.status = 'sold'
    return 'ok'
  }

  function outOf(name: string, status: ModelOrder['status']): number {
    return [...orders.values()]
      .filter((made) => made.status === status)
      .map((made) => made.lines.get(name))
      .reduce((sum, line) => sum + (line ? line.quantity - line.back : 0), 0)
  }

  return {
    perform,
    stock: () =>
      SKUS.map((name) => ({
        sku: name,
        ...shelf(name),
        reserved: outOf(name, 'held'),
        sold: outOf(name, 'sold'),
      })),
  }
}

function sumOf(lines: readonly { sku: string; quantity: number }[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const line of lines) sums.set(line.sku, (sums.get(line.sku) ?? 0) + line.quantity)
  return sums
}
