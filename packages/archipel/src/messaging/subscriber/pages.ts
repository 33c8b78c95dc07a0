import type { Transaction } from '../../storage/index.ts'
import { withoutTexts } from '../../telemetry/index.ts'
import type { LoggedEvent, OpenedPage, PageRange } from '../types.ts'
import { handleEvents } from './handling.ts'
import { inTransaction, type Settlement } from './page-transaction.ts'
import { personalIn } from './personal.ts'
import { reasonOf } from './reason.ts'
import { PageFailure, reached, type Work } from './work.ts'

/** Events to be handled, and the durable position once all of them are settled. */
export interface Page {
  readonly events: readonly LoggedEvent[]
  readonly position: number
}

const NOTHING_KNOWN: OpenedPage = { handled: new Set(), parkedKeys: new Set() }

/**
 * Takes what comes next and handles it in one transaction. @param choose is told all of it, says what is to be handled,
 * and is called before any handler. @returns false when that was nothing. @throws PageFailure
 */
export async function handleNext(
  work: Work,
  fence: number,
  range: PageRange,
  choose: (events: readonly LoggedEvent[]) => Page,
): Promise<boolean> {
  const { definition, inbox, pages } = work
  await reached(work, 'messaging.page-due')
  if (pages === undefined) {
    const page = choose(await work.log.take(definition, range.after, range.upTo, range.limit))
    await reached(work, 'messaging.page-taken')
    if (page.events.length === 0) return false
    await handlePage(work, fence, page)
    return true
  }
  return inTransaction(work, async (transaction, began) => {
    const { events, doubtful } = await pages.take(transaction, definition, fence, range)
    const page = choose(events)
    if (page.events.length === 0) return undefined
    const opened = doubtful
      ? await inbox.open(transaction, definition.name, fence, page.events)
      : NOTHING_KNOWN
    await reached(work, 'messaging.page-opened')
    return settle(work, fence, page, { transaction, opened, began })
  })
}

/** Handles events in one transaction, which also marks them as handled. */
export async function handlePage(work: Work, fence: number, page: Page): Promise<void> {
  await inTransaction(work, async (transaction, began) => {
    const opened = await work.inbox.open(transaction, work.definition.name, fence, page.events)
    await reached(work, 'messaging.page-opened')
    return settle(work, fence, page, { transaction, opened, began })
  })
}

interface Opening {
  readonly transaction: Transaction
  readonly opened: OpenedPage
  readonly began: () => void
}

/** Events that the inbox has are dropped, those of parked keys are parked behind them, the rest is handled. */
async function settle(
  work: Work,
  fence: number,
  { events, position }: Page,
  { transaction, opened, began }: Opening,
): Promise<Settlement> {
  const { definition, inbox, store } = work
  const fresh = events.filter((event) => !opened.handled.has(event.position))
  const behind = fresh.filter((event) => opened.parkedKeys.has(event.key))
  const wanted = fresh.filter((event) => !opened.parkedKeys.has(event.key))
  const leftovers = await handleEvents(work, wanted, transaction, began)
  const positions = wanted.map((event) => event.position)
  const settled = [
    ...(behind.length > 0 ? [store.parkBehind(definition.name, behind)] : []),
    inbox.handled(definition.name, fence, positions, position),
  ]
  return { leftovers, settled }
}

/** Handles the next letter that an operator asked for, in a transaction that also removes it. @returns false: there is none. */
export async function handleReplay(work: Work, fence: number): Promise<boolean> {
  const { definition, store } = work
  let letter: { event: LoggedEvent; attempts: number } | undefined
  try {
    return await inTransaction(work, async (transaction, began) => {
      letter = await store.nextReplay(transaction, definition.name, fence)
      if (letter === undefined) return undefined
      const leftovers = await handleEvents(work, [letter.event], transaction, began)
      return { leftovers, settled: [store.replayed(definition.name, fence, letter.event)] }
    })
  } catch (error) {
    if (letter === undefined || !(error instanceof PageFailure) || error.stage !== 'handling') throw error
    const text = withoutTexts(reasonOf(error), personalIn(definition, letter.event))
    await store.replayFailed(definition.name, fence, { ...letter, error: text })
    return true
  }
}
