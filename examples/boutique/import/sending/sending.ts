import type { Progress } from '../progress.ts'
import type { Refusal, TradeClient } from './trade-client.ts'

/** What everything that sends needs. */
export interface Sending {
  readonly client: TradeClient
  /** The trader's e-mail address. */
  readonly trader: string
  /** Requests at once. */
  readonly concurrency: number
  readonly progress: Progress
  /** Told of everything that the shop refused for good. */
  readonly refused: (refused: Refused) => void
}

export interface Refused extends Refusal {
  /** In the file's words, such as `product 85123A`. */
  readonly what: string
  /** Where it begins in the file, if it is an invoice. */
  readonly invoice?: { readonly number: string; readonly line: number }
}
