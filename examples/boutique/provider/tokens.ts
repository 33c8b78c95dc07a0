/** How the provider treats one request: what it decides, and how it answers. */
export type Behaviour = 'ok' | 'declined' | 'insufficient_funds' | 'unknown_token' | 'slow' | 'lost' | 'flaky'

export interface CardBehaviour {
  readonly authorisation: Behaviour
  readonly capture: Behaviour
}

const cards: ReadonlyMap<string, CardBehaviour> = new Map([
  ['tok_ok', { authorisation: 'ok', capture: 'ok' }],
  ['tok_declined', { authorisation: 'declined', capture: 'ok' }],
  ['tok_insufficient', { authorisation: 'insufficient_funds', capture: 'ok' }],
  ['tok_slow', { authorisation: 'slow', capture: 'ok' }],
  ['tok_lost', { authorisation: 'lost', capture: 'ok' }],
  ['tok_flaky', { authorisation: 'flaky', capture: 'ok' }],
  ['tok_capture_declined', { authorisation: 'ok', capture: 'declined' }],
  ['tok_capture_slow', { authorisation: 'ok', capture: 'slow' }],
  ['tok_capture_lost', { authorisation: 'ok', capture: 'lost' }],
  ['tok_capture_flaky', { authorisation: 'ok', capture: 'flaky' }],
])

/** What the card behind a token does; a token nobody issued is refused like any bad card. */
export function behaviourOf(token: string): CardBehaviour {
  return cards.get(token) ?? { authorisation: 'unknown_token', capture: 'ok' }
}
