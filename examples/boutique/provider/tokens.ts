/** How the provider treats one request: what it decides, and how it answers. */
type Behaviour = 'ok' | 'declined' | 'insufficient_funds' | 'unknown_token' | 'slow' | 'lost' | 'flaky'

interface CardBehaviour {
  readonly authorisation: Behaviour
  readonly capture: Behaviour
  readonly refund: Behaviour
  /** Of a credit, which names its card itself; money that comes needs no funds. */
  readonly credit: Behaviour
}

const GOOD: CardBehaviour = { authorisation: 'ok', capture: 'ok', refund: 'ok', credit: 'ok' }

const cards: ReadonlyMap<string, CardBehaviour> = new Map([
  ['tok_ok', GOOD],
  ['tok_declined', { ...GOOD, authorisation: 'declined', credit: 'declined' }],
  ['tok_insufficient', { ...GOOD, authorisation: 'insufficient_funds' }],
  ['tok_slow', { ...GOOD, authorisation: 'slow', credit: 'slow' }],
  ['tok_lost', { ...GOOD, authorisation: 'lost', credit: 'lost' }],
  ['tok_flaky', { ...GOOD, authorisation: 'flaky', credit: 'flaky' }],
  ['tok_capture_declined', { ...GOOD, capture: 'declined' }],
  ['tok_capture_slow', { ...GOOD, capture: 'slow' }],
  ['tok_capture_lost', { ...GOOD, capture: 'lost' }],
  ['tok_capture_flaky', { ...GOOD, capture: 'flaky' }],
  ['tok_refund_declined', { ...GOOD, refund: 'declined' }],
  ['tok_refund_slow', { ...GOOD, refund: 'slow' }],
  ['tok_refund_lost', { ...GOOD, refund: 'lost' }],
  ['tok_refund_flaky', { ...GOOD, refund: 'flaky' }],
])

/** What the card behind a token does; a token nobody issued is refused like any bad card. */
export function behaviourOf(token: string): CardBehaviour {
  return cards.get(token) ?? { ...GOOD, authorisation: 'unknown_token', credit: 'unknown_token' }
}
