import { hidingLog, withoutTexts, type Log } from '../../telemetry/index.ts'
import { isOwnershipLost } from '../inbox/inbox-store.ts'
import type { LoggedEvent } from '../types.ts'
import { personalIn } from './personal.ts'
import { backoffMs, type Blocked, type Progress } from './progress.ts'
import { handlePage } from './pages.ts'
import { reasonOf } from './reason.ts'
import { causeOf, PageFailure, type Work } from './work.ts'

/** Single events of one owner: tried, tried again, given up. */
export interface Attempts {
  /**
   * Handles one event in a transaction of its own; what fails blocks its key, or is parked after the last try.
   * Everything up to `read` was read and, but for blocked keys and this event, settled.
   */
  one(event: LoggedEvent, read: number): Promise<void>
  /** Tries the event of a blocked key again. */
  again(blocked: Blocked): Promise<void>
  /** Counts a try of an event that a page of its own has just failed to handle. */
  failedOnce(event: LoggedEvent, failure: unknown): Promise<void>
}

export interface AttemptsOptions {
  readonly work: Work
  readonly fence: number
  readonly progress: Progress
  readonly log: Log
  /** Counts a try before it begins: for events that may end the process. */
  careful(): boolean
  onFailure(parked: boolean): void
}

export function createAttempts({
  work,
  fence,
  progress,
  log,
  careful,
  onFailure,
}: AttemptsOptions): Attempts {
  const { definition, environment, store } = work
  const { name, retry } = definition

  async function one(event: LoggedEvent, read: number): Promise<void> {
    const blocked = progress.blocked.get(event.key)
    const attempts = blocked?.attempts ?? 0
    if (careful()) {
      if (attempts >= retry.attempts)
        return park(event, attempts, 'The process ended each time while the event was handled.')
      await note(event, attempts + 1, 0, 'The process ended while the event was handled.')
    }
    try {
      const durable = progress.durable(read, event.key)
      await handlePage(work, fence, { events: [event], position: durable })
      progress.stored(durable)
      progress.free(event.key)
    } catch (failure) {
      if (!(failure instanceof PageFailure) || failure.stage !== 'handling' || isOwnershipLost(failure.cause))
        throw failure
      await failed(event, attempts + 1, failure)
    }
  }

  async function failed(event: LoggedEvent, attempts: number, failure: unknown): Promise<void> {
    const fields = {
      service: definition.service,
      subscription: name,
      type: event.type,
      position: event.position,
      correlationId: event.correlationId,
      attempts,
      error: causeOf(failure),
    }
    const hidden = personalIn(definition, event)
    const quietLog = hidingLog(log, () => hidden)
    const text = withoutTexts(reasonOf(failure), hidden)
    if (attempts >= retry.attempts) {
      quietLog.error('an event is parked: its handler failed too often', fields)
      return park(event, attempts, text)
    }
    quietLog.warn('an event could not be handled; it is tried again', fields)
    await note(event, attempts, backoffMs(retry, attempts, environment.randomness.next()), text)
    onFailure(false)
  }

  /** Durable before it is believed: a restart goes on counting. */
  async function note(event: LoggedEvent, attempts: number, delayMs: number, error: string): Promise<void> {
    await store.failed(name, fence, { event, attempts, error }, delayMs)
    progress.block({
      key: event.key,
      position: event.position,
      attempts,
      dueAt: environment.clock.monotonic() + delayMs,
      event,
    })
  }

  async function park(event: LoggedEvent, attempts: number, error: string): Promise<void> {
    await store.park(name, fence, { event, attempts, error }, definition.onPoison === 'park-key')
    progress.free(event.key)
    onFailure(true)
  }

  return {
    one,
    async again(blocked) {
      const event =
        blocked.event ?? (await work.log.take(definition, blocked.position - 1, blocked.position, 1))[0]
      // Reading may have gone back behind this event for another key: only the cursor tells what is settled.
      if (event !== undefined) return one(event, progress.cursor)
      log.warn('an event that failed is no longer in the log', {
        service: definition.service,
        subscription: name,
        position: blocked.position,
      })
      progress.free(blocked.key)
    },
    failedOnce: (event, failure) => failed(event, 1, failure),
  }
}
