/** A way that an order can go, and how it must end whatever dies on the way. */
export interface OrderPath {
  readonly name: string
  /** What the card processor makes of it. */
  readonly token: string
  readonly quantity: number
  readonly end: { readonly status: 'completed' | 'rejected'; readonly rejection: string | null }
}

const COMPLETED = { status: 'completed', rejection: null } as const
const rejected = (rejection: string) => ({ status: 'rejected', rejection }) as const
/** More than any shelf holds. */
const TOO_MANY = 100_000

export const ORDER_PATHS: readonly OrderPath[] = [
  { name: 'completed', token: 'tok_ok', quantity: 1, end: COMPLETED },
  { name: 'out-of-stock', token: 'tok_ok', quantity: TOO_MANY, end: rejected('OUT_OF_STOCK') },
  { name: 'declined', token: 'tok_declined', quantity: 1, end: rejected('PAYMENT_DECLINED') },
  { name: 'capture-declined', token: 'tok_capture_declined', quantity: 1, end: rejected('CAPTURE_DECLINED') },
  { name: 'lost', token: 'tok_lost', quantity: 1, end: COMPLETED },
  { name: 'capture-lost', token: 'tok_capture_lost', quantity: 1, end: COMPLETED },
  { name: 'flaky', token: 'tok_flaky', quantity: 1, end: COMPLETED },
]
