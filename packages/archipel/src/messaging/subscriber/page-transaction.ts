import { frameworkError } from '../../errors/index.ts'
import type { FrameworkStatement, Transaction } from '../../storage/index.ts'
import type { Leftovers } from '../types.ts'
import { PageFailure, reached, type Work } from './work.ts'

/** What the last round trip of a transaction writes, before its events. */
export interface Settlement {
  readonly leftovers: readonly Leftovers[]
  readonly settled: readonly FrameworkStatement[]
}

/**
 * Runs handlers and what settles their events in one transaction, within its time.
 * @param body gives undefined when there is nothing to commit; it calls `began` before each handler.
 * @returns whether something was committed. @throws PageFailure
 */
export async function inTransaction(
  work: Work,
  body: (transaction: Transaction, began: () => void) => Promise<Settlement | undefined>,
): Promise<boolean> {
  const at: { stage: PageFailure['stage'] } = { stage: 'opening' }
  try {
    await using transaction = await work.database.begin()
    return await withinTime(work, async (inTime) => {
      const began = () => {
        inTime()
        at.stage = 'handling'
      }
      const settlement = await body(transaction, began)
      if (settlement === undefined) return false
      await reached(work, 'messaging.before-commit')
      inTime()
      await commit(work, transaction, settlement)
      at.stage = 'committed'
      await told(work, settlement)
      return true
    })
  } catch (error) {
    throw new PageFailure(error, at.stage === 'handling' && work.closing.aborted ? 'opening' : at.stage)
  }
}

async function commit(
  work: Work,
  transaction: Transaction,
  { leftovers, settled }: Settlement,
): Promise<void> {
  const events = leftovers.flatMap((leftover) => leftover.events)
  await transaction.commit([
    ...leftovers.flatMap((leftover) => leftover.statements),
    ...settled,
    ...(events.length > 0 ? [...work.database.constraintChecks, work.log.append(events)] : []),
  ])
}

/** What follows a commit concerns nobody's handler: should it fail, the page is read again, and its events are known. */
async function told(work: Work, { leftovers }: Settlement): Promise<void> {
  const events = leftovers.flatMap((leftover) => leftover.events)
  await reached(work, 'messaging.after-commit')
  for (const leftover of leftovers) leftover.committed()
  if (events.length > 0) work.published(events)
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
