import { z } from 'zod'
import type { Money } from '../shared.ts'

/** What the card processor decided. Anything else that happens is no outcome: ask again with the same key. */
export const ProviderOutcome = z.union([
  z.object({ status: z.literal('done'), id: z.string().optional(), at: z.string() }),
  z.object({ status: z.literal('refused'), reason: z.string() }),
])
export type ProviderOutcome = z.infer<typeof ProviderOutcome>

/** The card processor as payments sees it: every write has a key, and the same key is the same write. */
export interface ProviderClient {
  authorise(
    key: string,
    request: { amount: Money; token: string; reference: string },
    signal: AbortSignal,
  ): Promise<ProviderOutcome>
  capture(
    key: string,
    request: { authorisationId: string; amount: Money },
    signal: AbortSignal,
  ): Promise<ProviderOutcome>
  void(key: string, request: { authorisationKey: string }, signal: AbortSignal): Promise<ProviderOutcome>
  /** Gives back of what was captured of an authorisation. */
  refund(
    key: string,
    request: { authorisationId: string; amount: Money },
    signal: AbortSignal,
  ): Promise<ProviderOutcome>
  /** Gives to a card that nothing was taken from. */
  credit(
    key: string,
    request: { amount: Money; token: string; reference: string },
    signal: AbortSignal,
  ): Promise<ProviderOutcome>
}

const Done = z.object({ id: z.string().optional(), createdAt: z.string() })
const Refused = z.object({ error: z.object({ code: z.string() }) })
const Operation = z.object({ httpStatus: z.int(), answer: z.unknown() })

/**
 * @param options.url where the provider answers.
 * @param options.timeoutMs how long one request may take; after it the outcome is looked up by key.
 */
export function createProviderClient(options: { url: () => string; timeoutMs: number }): ProviderClient {
  async function request(
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    key?: string,
    body?: unknown,
  ) {
    // Loaded with the first payment: the shop starts without it.
    const undici = await import('undici')
    return undici.request(options.url() + path, {
      method,
      signal: AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]),
      headers: key === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': key },
      body: body === undefined ? null : JSON.stringify(body),
    })
  }

  /** What the provider has under a key; it may know the outcome of a request whose answer was lost. */
  async function lookUp(key: string, signal: AbortSignal): Promise<ProviderOutcome | undefined> {
    const response = await request('GET', `/operations/${encodeURIComponent(key)}`, signal)
    const answer: unknown = await response.body.json()
    if (response.statusCode === 404) return undefined
    const { httpStatus, answer: stored } = Operation.parse(answer)
    return outcomeOf(httpStatus, stored)
  }

  async function write(
    path: string,
    key: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<ProviderOutcome> {
    try {
      const response = await request('POST', path, signal, key, body)
      return outcomeOf(response.statusCode, await response.body.json())
    } catch (failure) {
      if (signal.aborted) throw failure
      const known = await lookUp(key, signal)
      if (known) return known
      throw failure
    }
  }

  return {
    authorise: (key, { amount, token, reference }, signal) =>
      write('/authorisations', key, { ...amount, token, reference }, signal),
    capture: (key, { authorisationId, amount }, signal) =>
      write('/captures', key, { authorisationId, amount: amount.amount }, signal),
    void: (key, { authorisationKey }, signal) => write('/voids', key, { authorisationKey }, signal),
    refund: (key, { authorisationId, amount }, signal) =>
      write('/refunds', key, { authorisationId, amount: amount.amount }, signal),
    credit: (key, { amount, token, reference }, signal) =>
      write('/credits', key, { ...amount, token, reference }, signal),
  }
}

/** 2xx is done and 4xx is refused, for good; after anything else nobody knows yet. */
function outcomeOf(status: number, answer: unknown): ProviderOutcome {
  if (status >= 200 && status < 300) {
    const { id, createdAt } = Done.parse(answer)
    return { status: 'done', at: new Date(createdAt).toISOString(), ...(id !== undefined && { id }) }
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return { status: 'refused', reason: Refused.parse(answer).error.code }
  }
  throw new Error(`the payment provider answered ${status}: the outcome is not known yet`)
}
