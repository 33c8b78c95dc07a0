import type { Environment } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import type { ServiceDatabase, Transaction } from '../../storage/index.ts'
import { withoutTexts, type Telemetry } from '../../telemetry/index.ts'
import type { SubscriptionStore } from '../inbox/subscription-store.ts'
import type { EventLog, InboxStore, Leftovers, LoggedEvent, SubscriptionDefinition } from '../types.ts'
import { personalIn } from './personal.ts'

/** What handling one subscription's events needs, whoever asks for it. */
export interface Work {
  readonly definition: SubscriptionDefinition
  readonly environment: Environment
  readonly telemetry: Telemetry
  readonly database: ServiceDatabase
  readonly log: EventLog
  readonly inbox: InboxStore
  readonly store: SubscriptionStore
  /** Longest time that one transaction of handlers may take. */
  readonly handlerTimeoutMs: number
  /** Aborted when the host closes without waiting: what is in flight is rolled back and counts as no try. */
  readonly closing: AbortSignal
  /** Called after a transaction that wrote events was committed. */
  readonly published: (events: readonly { readonly key: string }[]) => void
}

/** Deferred constraints are checked before the writers' lock is taken: behind it there is only `COMMIT`. */
const CONSTRAINTS_NOW = {
  name: 'archipel_constraints_now',
  text: 'set constraints all immediate',
  values: [],
}

/** A page that failed; tells whether any handler had begun. */
export class PageFailure extends Error {
  readonly handlerBegan: boolean
  constructor(cause: unknown, handlerBegan: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.handlerBegan = handlerBegan
  }
}

/**
 * Handles events in one transaction, which also marks them as handled. Those that the inbox has are dropped, those
 * of parked keys are parked behind them. @param position the durable position once all of them are settled.
 */
export async function handlePage(
  work: Work,
  fence: number,
  events: readonly LoggedEvent[],
  position: number,
): Promise<void> {
  const { definition, inbox, store } = work
  const { name } = definition
  await inTransaction(work, async (transaction, began) => {
    const opened = await inbox.open(transaction, name, fence, events)
    await reached(work, 'messaging.page-opened')
    const fresh = events.filter((event) => !opened.handled.has(event.position))
    const behind = fresh.filter((event) => opened.parkedKeys.has(event.key))
    const wanted = fresh.filter((event) => !opened.parkedKeys.has(event.key))
    const leftovers: Leftovers[] = []
    for (const event of wanted) {
      began()
      leftovers.push(await handleEvent(work, event, transaction))
      await reached(work, 'messaging.event-handled')
    }
    const settled = [
      ...(behind.length > 0 ? [store.parkBehind(name, behind)] : []),
      inbox.handled(
        name,
        fence,
        wanted.map((event) => event.position),
        position,
      ),
    ]
    return { leftovers, settled }
  })
}

/** Handles the next letter that an operator asked for, in a transaction that also removes it. @returns false: there is none. */
export async function handleReplay(work: Work, fence: number): Promise<boolean> {
  const { definition, store } = work
  let letter: { event: LoggedEvent; attempts: number } | undefined
  try {
    return await inTransaction(work, async (transaction, began) => {
      letter = await store.nextReplay(transaction, definition.name, fence)
      if (letter === undefined) return undefined
      began()
      const leftovers = [await handleEvent(work, letter.event, transaction)]
      return { leftovers, settled: [store.replayed(definition.name, fence, letter.event)] }
    })
  } catch (error) {
    if (letter === undefined || !(error instanceof PageFailure) || !error.handlerBegan) throw error
    const text = withoutTexts(error.message, personalIn(definition, letter.event))
    await store.replayFailed(definition.name, fence, { ...letter, error: text })
    return true
  }
}

interface Settlement {
  readonly leftovers: readonly Leftovers[]
  readonly settled: readonly { text: string; values: readonly unknown[]; name?: string | undefined }[]
}

async function inTransaction(
  work: Work,
  body: (transaction: Transaction, began: () => void) => Promise<Settlement | undefined>,
): Promise<boolean> {
  let handlerBegan = false
  try {
    await using transaction = await work.database.begin()
    return await withinTime(work, async (inTime) => {
      const began = () => {
        inTime()
        handlerBegan = true
      }
      const settlement = await body(transaction, began)
      if (settlement === undefined) return false
      const events = settlement.leftovers.flatMap((leftover) => leftover.events)
      await reached(work, 'messaging.before-commit')
      inTime()
      await transaction.commit([
        ...settlement.leftovers.flatMap((leftover) => leftover.statements),
        ...settlement.settled,
        ...(events.length > 0 ? [CONSTRAINTS_NOW, work.log.append(events)] : []),
      ])
      await reached(work, 'messaging.after-commit')
      for (const leftover of settlement.leftovers) leftover.committed()
      if (events.length > 0) work.published(events)
      return true
    })
  } catch (error) {
    throw new PageFailure(error, handlerBegan && !work.closing.aborted)
  }
}

/**
 * A handler that never ends would hold its subscription for ever: it is given up and its transaction rolled back.
 * The body goes on by itself until it next asks whether it is in time.
 */
async function withinTime<TResult>(
  work: Work,
  body: (inTime: () => void) => Promise<TResult>,
): Promise<TResult> {
  const { environment, definition, handlerTimeoutMs, closing } = work
  const { promise, reject } = Promise.withResolvers<never>()
  let over: Error | undefined
  const end = (error: Error) => reject((over ??= error))
  const what = `'${definition.service}.${definition.name}'`
  const timer = environment.timers.after(handlerTimeoutMs, () =>
    end(frameworkError('ARC_DEADLINE', `Handlers of ${what} took longer than ${handlerTimeoutMs} ms.`)),
  )
  const cancel = () =>
    end(frameworkError('ARC_CANCELLED', `The host closes before the handlers of ${what} ended.`))
  closing.addEventListener('abort', cancel)
  try {
    const inTime = () => {
      if (over !== undefined) throw over
    }
    return await Promise.race([body(inTime), promise])
  } finally {
    timer.cancel()
    closing.removeEventListener('abort', cancel)
  }
}

async function handleEvent(
  { definition, telemetry }: Work,
  event: LoggedEvent,
  transaction: Transaction,
): Promise<Leftovers> {
  if (!definition.types.includes(event.type)) return NOTHING_LEFT
  const span = telemetry.span(`handle ${event.type}`, 'consumer', event.traceparent, {
    'messaging.system': 'archipel',
    'messaging.operation.type': 'process',
    'messaging.message.id': event.id,
    'messaging.consumer.group.name': `${definition.service}.${definition.name}`,
  })
  try {
    return await definition.handle(
      { ...event, traceparent: span.traceparent ?? event.traceparent },
      transaction,
    )
  } catch (error) {
    span.fail(error, personalIn(definition, event))
    throw error
  } finally {
    span.end()
  }
}

/** For an event of a type that the subscription once had and names no more. */
const NOTHING_LEFT: Leftovers = { events: [], statements: [], committed: () => undefined }

/** Costs nothing unless a test listens. */
export async function reached({ environment: { faults }, definition }: Work, point: string): Promise<void> {
  if (faults.armed) await faults.reach(point, `${definition.service}.${definition.name}`)
}
