/** What every candidate's callee is asked and answers: an object of two fields, another of three. */
export interface QuoteRequest {
  readonly sku: string
  readonly quantity: number
}

export interface Quote {
  readonly sku: string
  readonly quantity: number
  readonly total: number
}

export const UNIT_PRICE = 1250

export function quote({ sku, quantity }: QuoteRequest): Quote {
  return { sku, quantity, total: quantity * UNIT_PRICE }
}

export interface Timing {
  readonly nanoseconds: number
  /** Of all totals: shows that every call was made and answered. */
  readonly sum: number
}

/** Calls one after the other, each with an object of its own, as a caller does. */
export async function timeCalls(
  call: (request: QuoteRequest) => PromiseLike<Quote>,
  calls: number,
): Promise<Timing> {
  let sum = 0
  const startedAt = process.hrtime.bigint()
  for (let index = 0; index < calls; index++) {
    const answer = await call({ sku: 'MUG-01', quantity: (index % 10) + 1 })
    sum += answer.total
  }
  return { nanoseconds: Number(process.hrtime.bigint() - startedAt), sum }
}

/** What `timeCalls` must add up to. */
export function expectedSum(calls: number): number {
  let pieces = 0
  for (let index = 0; index < calls; index++) pieces += (index % 10) + 1
  return pieces * UNIT_PRICE
}
