import fc from 'fast-check'
import { expect } from 'vitest'
import type { Answered, Line, Merchant } from './test-merchant.ts'

const anyAmount = fc.integer({ min: 1, max: 5 })
const few = fc.nat({ max: 7 })
const anyToken = fc.oneof(
  fc.constantFrom('tok_ok', 'tok_declined', 'tok_lost', 'tok_flaky'),
  fc.constantFrom(
    'tok_ok',
    'tok_capture_declined',
    'tok_capture_lost',
    'tok_capture_flaky',
    'tok_capture_slow',
    'tok_refund_declined',
    'tok_refund_lost',
    'tok_refund_flaky',
  ),
)

const steps = {
  authorise: fc.record({
    kind: fc.constant('authorise'),
    key: few,
    token: anyToken,
    amount: anyAmount,
    order: fc.nat({ max: 2 }),
  }),
  void: fc.record({ kind: fc.constant('void'), key: few }),
  capture: fc.record({ kind: fc.constant('capture'), key: few, which: few, amount: anyAmount }),
  refund: fc.record({ kind: fc.constant('refund'), key: few, which: few, amount: anyAmount }),
  credit: fc.record({
    kind: fc.constant('credit'),
    key: few,
    token: anyToken,
    amount: anyAmount,
    order: fc.nat({ max: 3 }),
  }),
}

type StepOf<TKind extends keyof typeof steps> =
  (typeof steps)[TKind] extends fc.Arbitrary<infer TStep> ? TStep : never

/** One thing a shop may do. Few keys, so that they come again; `which` is a number into what exists by then. */
export type Step =
  | StepOf<'authorise'>
  | StepOf<'void'>
  | StepOf<'capture'>
  | StepOf<'refund'>
  | StepOf<'credit'>

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  steps.authorise,
  steps.authorise,
  steps.void,
  steps.capture,
  steps.refund,
  steps.credit,
)

interface Authorised {
  readonly reference: string
  readonly amount: number
  readonly key: string
  state: 'held' | 'captured' | 'voided'
}

interface Captured {
  readonly reference: string
  readonly amount: number
  /** Amounts by the provider's id: the first answer may have been lost. */
  readonly refunds: Map<string, number>
}

/** What a shop knows from answers alone, by the provider's ids. */
interface Beliefs {
  readonly authorised: Map<string, Authorised>
  readonly captured: Map<string, Captured>
  readonly credited: Map<string, { readonly reference: string; readonly amount: number }>
}

/** A shop that performs steps and keeps books of its own; `run` keeps its keys and orders apart from other shops'. */
export function createShop(merchant: Merchant, run: number) {
  const beliefs: Beliefs = { authorised: new Map(), captured: new Map(), credited: new Map() }
  const keyOf = (kind: Step['kind'], number: number) => `${run}-${kind}-${number}`

  const authorise = async ({ token, amount, ...step }: StepOf<'authorise'>) => {
    const reference = `order-${run}-${step.order}`
    const key = keyOf('authorise', step.key)
    const { status, id } = await insist(() => merchant.authorise(token, key, { amount, reference }))
    // The id tells new from replayed: the first answer may have been lost.
    if (status !== 201 || beliefs.authorised.has(id)) return
    beliefs.authorised.set(id, { reference, amount, key, state: 'held' })
  }
  const release = async (step: StepOf<'void'>) => {
    const target = keyOf('authorise', step.key)
    const { status, released } = await insist(() => merchant.void(target))
    const meant = [...beliefs.authorised.values()].find(({ key }) => key === target)
    expect(status).toBe(meant?.state === 'captured' ? 409 : 201)
    expect(released ?? 0).toBe(meant?.state === 'held' ? meant.amount : 0)
    if (meant?.state === 'held') meant.state = 'voided'
  }
  const capture = async (step: StepOf<'capture'>) => {
    const [id, meant] = pick(beliefs.authorised, step.which) ?? []
    if (!id || !meant) return
    const answer = await insist(() => merchant.capture(id, step.amount, keyOf('capture', step.key)))
    if (answer.status !== 201 || beliefs.captured.has(answer.id)) return
    expect(meant.state).toBe('held')
    meant.state = 'captured'
    beliefs.captured.set(answer.id, { reference: meant.reference, amount: step.amount, refunds: new Map() })
  }
  const refund = async (step: StepOf<'refund'>) => {
    const [id, meant] = pick(beliefs.captured, step.which) ?? []
    if (!id || !meant) return
    const answer = await insist(() => merchant.refund(id, step.amount, keyOf('refund', step.key)))
    if (answer.status !== 201 || meant.refunds.has(answer.id)) return
    meant.refunds.set(answer.id, step.amount)
  }
  const credit = async ({ token, amount, ...step }: StepOf<'credit'>) => {
    const reference = `order-${run}-${step.order}`
    const key = keyOf('credit', step.key)
    const { status, id } = await insist(() => merchant.credit(token, key, { amount, reference }))
    if (status === 201 && !beliefs.credited.has(id)) beliefs.credited.set(id, { reference, amount })
  }
  const perform = (step: Step): Promise<void> => {
    if (step.kind === 'authorise') return authorise(step)
    if (step.kind === 'void') return release(step)
    if (step.kind === 'credit') return credit(step)
    return step.kind === 'capture' ? capture(step) : refund(step)
  }
  return { beliefs, perform }
}

/** Asks until there is an answer: a cut connection or a 503 is none. */
async function insist(ask: () => Promise<Answered>): Promise<Answered> {
  for (let turn = 0; turn < 5; turn += 1) {
    const answer = await ask().catch(() => undefined)
    if (answer && answer.status !== 503) return answer
  }
  throw new Error('no answer in five turns')
}

function pick<TValue>(from: ReadonlyMap<string, TValue>, which: number): [string, TValue] | undefined {
  return from.size ? [...from][which % from.size] : undefined
}

/** The provider's books as the shop's beliefs have them. */
export function expectedLines(beliefs: Beliefs): Line[] {
  const authorised = [...beliefs.authorised.values()]
  const credited = [...beliefs.credited.values()]
  const references = [...new Set([...authorised, ...credited].map(({ reference }) => reference))].toSorted()
  return references.map((reference) => {
    const own = authorised.filter((one) => one.reference === reference)
    const taken = [...beliefs.captured.values()].filter((one) => one.reference === reference)
    const given = credited.filter((one) => one.reference === reference)
    const held = own.filter(({ state }) => state === 'held')
    return {
      reference,
      currency: 'GBP',
      authorised: sum(own.map((one) => one.amount)),
      captured: sum(taken.map((one) => one.amount)),
      refunded: sum(taken.flatMap((one) => [...one.refunds.values()])),
      held: sum(held.map((one) => one.amount)),
      captures: taken.length,
      credited: sum(given.map((one) => one.amount)),
      credits: given.length,
    }
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
