import fc from 'fast-check'

export const SKUS = ['A-1', 'B-2']
const CUSTOMERS = 2
const LINES = [['A-1'], ['B-2'], ['A-1', 'B-2', 'A-1']]

const who = fc.nat({ max: CUSTOMERS - 1 })
const sku = fc.constantFrom(...SKUS)
const order = fc.nat({ max: LINES.length - 1 })

const steps = {
  complete: fc.record({ kind: fc.constant('complete'), who, order }),
  refund: fc.record({ kind: fc.constant('refund'), who, order }),
  put: fc.record({ kind: fc.constant('put'), who, sku, stars: fc.integer({ min: 1, max: 5 }) }),
  hide: fc.record({ kind: fc.constant('hide'), who, sku }),
  show: fc.record({ kind: fc.constant('show'), who, sku }),
}

type StepOf<TKind extends keyof typeof steps> =
  (typeof steps)[TKind] extends fc.Arbitrary<infer TStep> ? TStep : never
/** One thing that happens. Few customers, orders and products, so that they meet again in every state. */
export type Step = { [TKind in keyof typeof steps]: StepOf<TKind> }[keyof typeof steps]

export const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: steps.complete },
    { weight: 4, arbitrary: steps.refund },
    { weight: 5, arbitrary: steps.put },
    { weight: 3, arbitrary: steps.hide },
    { weight: 3, arbitrary: steps.show },
  ),
  { minLength: 10, maxLength: 40 },
)

/** Meets everything that can happen: what is drawn may miss some of it. */
export const EVERY_OUTCOME: readonly Step[] = [
  { kind: 'complete', who: 0, order: 0 },
  { kind: 'put', who: 1, sku: 'A-1', stars: 1 },
  { kind: 'refund', who: 0, order: 0 },
  { kind: 'put', who: 0, sku: 'A-1', stars: 2 },
  { kind: 'complete', who: 0, order: 1 },
  { kind: 'put', who: 0, sku: 'B-2', stars: 5 },
  { kind: 'hide', who: 0, sku: 'B-2' },
  { kind: 'hide', who: 0, sku: 'B-2' },
  { kind: 'put', who: 0, sku: 'B-2', stars: 3 },
  { kind: 'show', who: 0, sku: 'B-2' },
  { kind: 'show', who: 0, sku: 'B-2' },
]

/** What an order of this number is about. */
export function skusOf(number: number): readonly string[] {
  return LINES[number] ?? []
}

interface ModelReview {
  readonly who: number
  readonly sku: string
  stars: number
  hidden: boolean
}

/** Purchases and reviews as plain lists: what the database must say after the same steps. */
export function createReviewsModel() {
  const orders = new Map<string, 'completed' | 'refunded'>()
  const reviews: ModelReview[] = []
  const find = (step: { who: number; sku: string }) =>
    reviews.find((review) => review.who === step.who && review.sku === step.sku)
  /** Whether an order of theirs with the product is in this state. */
  const hasOrder = (step: { who: number; sku: string }, state: 'completed' | 'refunded') =>
    LINES.some((skus, number) => orders.get(`${step.who}/${number}`) === state && skus.includes(step.sku))
  let refusedAfterRefund = 0

  /** @returns `ok`, the code of the refusal, or `skipped` for what can't happen. */
  function perform(step: Step): string {
    if (step.kind === 'complete' || step.kind === 'refund') return performOrder(step)
    const review = find(step)
    if (step.kind === 'put') {
      if (review) review.stars = step.stars
      else if (hasOrder(step, 'completed')) reviews.push({ ...step, hidden: false })
      else {
        if (hasOrder(step, 'refunded')) refusedAfterRefund += 1
        return 'NOT_BOUGHT'
      }
      return 'ok'
    }
    if (!review) return 'skipped'
    const hidden = step.kind === 'hide'
    if (review.hidden === hidden) return hidden ? 'ALREADY_HIDDEN' : 'NOT_HIDDEN'
    review.hidden = hidden
    return 'ok'
  }

  /** An order is completed once, and refunded once after that. */
  function performOrder(step: { kind: 'complete' | 'refund'; who: number; order: number }): string {
    const name = `${step.who}/${step.order}`
    const before = step.kind === 'complete' ? undefined : 'completed'
    if (orders.get(name) !== before) return 'skipped'
    orders.set(name, step.kind === 'complete' ? 'completed' : 'refunded')
    return 'ok'
  }

  return {
    perform,
    /** The stars that are shown of a product, the latest review first. */
    shown: (of: string) =>
      reviews
        .filter(({ sku, hidden }) => sku === of && !hidden)
        .map(({ stars }) => stars)
        .toReversed(),
    refusedAfterRefund: () => refusedAfterRefund,
    hiddenCount: () => reviews.filter(({ hidden }) => hidden).length,
  }
}
