import fc from 'fast-check'

/** What the card processor makes of a payment, or of giving it back. */
const CARDS = ['tok_ok', 'tok_refund_declined', 'tok_declined', 'tok_capture_declined'] as const
/** The products of a run, by number. */
export const PRICES = [100, 250] as const

const product = fc.nat({ max: PRICES.length - 1 })
const few = fc.integer({ min: 1, max: 4 })
/** Which order or return of the run: the n-th, counted round. */
const which = fc.nat({ max: 5 })
const lines = fc.array(fc.record({ product, quantity: few }), { minLength: 1, maxLength: 2 })
const card = fc.oneof(
  { weight: 5, arbitrary: fc.constant(CARDS[0]) },
  { weight: 2, arbitrary: fc.constant(CARDS[1]) },
  { weight: 1, arbitrary: fc.constantFrom(...CARDS) },
)

const steps = {
  place: fc.record({ kind: fc.constant('place'), lines, card }),
  /** Placed and called off at once: it is cancelled or refunded, as it happens. */
  regret: fc.record({ kind: fc.constant('regret'), lines }),
  cancel: fc.record({ kind: fc.constant('cancel'), which }),
  dispatch: fc.record({ kind: fc.constant('dispatch'), which }),
  deliver: fc.record({ kind: fc.constant('deliver'), which }),
  sendBack: fc.record({
    kind: fc.constant('sendBack'),
    which,
    number: fc.integer({ min: 1, max: 2 }),
    quantity: few,
  }),
  approve: fc.record({
    kind: fc.constant('approve'),
    which,
    disposition: fc.constantFrom('restock', 'writeOff'),
  }),
  refuse: fc.record({ kind: fc.constant('refuse'), which }),
  receive: fc.record({ kind: fc.constant('receive'), product, quantity: few }),
  correct: fc.record({ kind: fc.constant('correct'), product, quantity: fc.constantFrom(-3, -1, 2) }),
}

export type StepOf<TKind extends keyof typeof steps> =
  (typeof steps)[TKind] extends fc.Arbitrary<infer TStep> ? TStep : never
/** Something that somebody does at the public door. */
export type Step = { [TKind in keyof typeof steps]: StepOf<TKind> }[keyof typeof steps]

/** Any sequence; there is a little of each product to begin with. */
export const anySteps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: steps.place },
      { weight: 4, arbitrary: steps.dispatch },
      { weight: 4, arbitrary: steps.sendBack },
      { weight: 4, arbitrary: steps.approve },
      { weight: 2, arbitrary: steps.cancel },
      { weight: 1, arbitrary: steps.deliver },
      { weight: 1, arbitrary: steps.regret },
      { weight: 1, arbitrary: steps.refuse },
      { weight: 1, arbitrary: steps.receive },
      { weight: 1, arbitrary: steps.correct },
    ),
    { minLength: 10, maxLength: 16 },
  )
  .map((happened) => [...filled(), ...happened])

function filled(): Step[] {
  return PRICES.map((_, number) => ({ kind: 'receive', product: number, quantity: 8 }))
}

const one = (number: number, quantity: number) => [{ product: number, quantity }]
const placed = (token: (typeof CARDS)[number], quantity = 2): Step => ({
  kind: 'place',
  lines: one(0, quantity),
  card: token,
})

/** One sequence that meets every outcome, so that no run leaves one out by chance. */
export const EVERY_OUTCOME: readonly Step[] = [
  ...filled(),
  { kind: 'correct', product: 1, quantity: -3 },
  placed('tok_declined'),
  placed('tok_capture_declined'),
  placed('tok_ok', 9),
  { kind: 'cancel', which: 0 },
  { kind: 'dispatch', which: 0 },
  placed('tok_refund_declined'),
  { kind: 'cancel', which: 3 },
  { kind: 'sendBack', which: 3, number: 1, quantity: 1 },
  { kind: 'deliver', which: 3 },
  { kind: 'dispatch', which: 3 },
  { kind: 'dispatch', which: 3 },
  { kind: 'cancel', which: 3 },
  { kind: 'sendBack', which: 3, number: 2, quantity: 1 },
  { kind: 'sendBack', which: 3, number: 1, quantity: 3 },
  { kind: 'sendBack', which: 3, number: 1, quantity: 2 },
  { kind: 'approve', which: 0, disposition: 'restock' },
  { kind: 'approve', which: 0, disposition: 'restock' },
  { kind: 'sendBack', which: 3, number: 1, quantity: 1 },
  { kind: 'refuse', which: 1 },
  { kind: 'refuse', which: 1 },
  placed('tok_ok'),
  { kind: 'cancel', which: 4 },
  placed('tok_ok', 4),
  { kind: 'dispatch', which: 5 },
  { kind: 'deliver', which: 5 },
  { kind: 'sendBack', which: 5, number: 1, quantity: 1 },
  { kind: 'sendBack', which: 5, number: 1, quantity: 2 },
  { kind: 'approve', which: 2, disposition: 'restock' },
  { kind: 'approve', which: 3, disposition: 'writeOff' },
  { kind: 'correct', product: 1, quantity: -3 },
  { kind: 'correct', product: 1, quantity: -3 },
  { kind: 'regret', lines: one(0, 1) },
]
