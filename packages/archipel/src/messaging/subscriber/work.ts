import type { Environment } from '../../environment/index.ts'
import { asError } from '../../errors/index.ts'
import type { ServiceDatabase } from '../../storage/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import type { SubscriptionStore } from '../inbox/subscription-store.ts'
import type { EventLog, InboxStore, PageStore, SubscriptionDefinition } from '../types.ts'

/** What handling one subscription's events needs, whoever asks for it. */
export interface Work {
  readonly definition: SubscriptionDefinition
  readonly environment: Environment
  readonly telemetry: Telemetry
  readonly database: ServiceDatabase
  readonly log: EventLog
  readonly inbox: InboxStore
  /** Where log and inbox can be asked together; else a page is taken from the log, then opened. */
  readonly pages: PageStore | undefined
  readonly store: SubscriptionStore
  /** Longest time that one transaction of handlers may take. */
  readonly handlerTimeoutMs: number
  /** Aborted when the host closes without waiting: what is in flight is rolled back and counts as no try. */
  readonly closing: AbortSignal
  /** Called after a transaction that wrote events was committed. */
  readonly published: (events: readonly { readonly key: string }[]) => void
}

/** A page that failed, and where: `handling` is for its handlers to answer for, `committed` for nobody, as they are done. */
export class PageFailure extends Error {
  readonly stage: 'opening' | 'handling' | 'committed'
  constructor(cause: unknown, stage: PageFailure['stage']) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.stage = stage
  }
}

/** Costs nothing unless a test listens. */
export async function reached({ environment: { faults }, definition }: Work, point: string): Promise<void> {
  if (faults.armed) await faults.reach(point, `${definition.service}.${definition.name}`)
}

/** What made a page fail, without what we put around it: its stack leads to the handler. */
export function causeOf(error: unknown): Error {
  if (error instanceof PageFailure) return causeOf(error.cause)
  return asError(error)
}
