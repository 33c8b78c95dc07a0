import { frameworkError } from '../../errors/index.ts'
import type { Leftovers } from '../../messaging/index.ts'
import type { SettledRecord, Transaction } from '../../storage/index.ts'
import { isOwnershipLost } from './activity-store.ts'
import type { Job } from './job.ts'
import { done, lastOf } from './begin-activity.ts'
import { reach, type Ending, type SharedParts, type Work } from './runner-parts.ts'
import type { Refused, Settled } from './types.ts'

/** So many share one transaction at most. */
const TOGETHER = 32
/** What takes longer, such as a settlement that waits for a row, is no longer waited for. */
const SLOW_MS = 500

interface Waiting {
  readonly running: Work
  readonly resolve: (ending: Ending) => void
  readonly reject: (error: unknown) => void
}

/**
 * Settles known outcomes. What becomes known while another settlement of the same activity is being written shares the next
 * transaction with whatever else did; where that fails, each is settled alone.
 */
export function createSettlements(parts: SharedParts): (running: Work) => Promise<Ending> {
  const queues = new Map<string, (waiting: Waiting) => void>()
  return (running) =>
    new Promise((resolve, reject) => {
      const { operation } = running.activity
      const join = queues.get(operation) ?? createQueue(parts)
      queues.set(operation, join)
      join({ running, resolve, reject })
    })
}

function createQueue(parts: SharedParts): (waiting: Waiting) => void {
  const { timers } = parts.environment
  let waiting: Waiting[] = []
  let writing: object | undefined

  function next(): void {
    if (writing !== undefined || waiting.length === 0) return
    const group = waiting.slice(0, TOGETHER)
    waiting = waiting.slice(TOGETHER)
    const mine = (writing = {})
    const over = () => {
      slow.cancel()
      if (writing !== mine) return
      writing = undefined
      next()
    }
    const slow = timers.after(SLOW_MS, over)
    void settleGroup(parts, group).then(over)
  }

  return (one) => {
    waiting.push(one)
    next()
  }
}

async function settleGroup(parts: SharedParts, group: readonly Waiting[]): Promise<void> {
  if (group.length > 1 && (await settledTogether(parts, group))) return
  const alone = group.map(async ({ running, resolve, reject }) => {
    const failed = await settle(parts, [{ running, resolve }]).catch((error: unknown) => ({ error }))
    if (failed) reject(failed.error)
  })
  await Promise.all(alone)
}

/** @returns false when nothing of it was written: each for itself says what is wrong with it, and the others go on. */
async function settledTogether(parts: SharedParts, group: readonly Waiting[]): Promise<boolean> {
  const { promise: slow, reject } = Promise.withResolvers<never>()
  // Nobody listens before the transaction has begun, which may take longer than that.
  slow.catch(() => undefined)
  const timer = parts.environment.timers.after(SLOW_MS, () => reject(new Error('too slow')))
  try {
    await settle(parts, group, slow)
    return true
  } catch {
    return false
  } finally {
    timer.cancel()
  }
}

type Settling = Pick<Waiting, 'running' | 'resolve'>
type Meaning = Settling & { readonly what: Settled | Refused }

/**
 * Transaction 2: what the outcomes mean, and the answers of their keys, under the owner's numbers. What a lone refusal
 * that was thrown leaves behind is written by another one. @param slow rejects when the settlements take too long.
 */
async function settle(parts: SharedParts, group: readonly Settling[], slow?: Promise<never>): Promise<void> {
  const { idempotency, store, database } = parts
  await using transaction = await database.begin()
  const meaning = oneByOne(parts, transaction, group)
  const settled = await (slow ? Promise.race([meaning, slow]) : meaning)
  const undo = settled.some(({ what }) => 'refusal' in what && what.undo)
  if (undo) await transaction.rollback()
  await using last = undo ? await database.begin() : transaction
  const leftovers = joined(settled.map(({ what }) => what.leftovers))
  try {
    await last.commit([
      store.finish(group.map(({ running }) => running.job)),
      idempotency.settled(settled.map(({ running, what }) => recordOf(running.job, what))),
      ...lastOf(parts, leftovers),
    ])
  } catch (error) {
    throw isOwnershipLost(error) ? ownershipLost(group, error) : error
  }
  done(parts, leftovers)
  for (const { running, resolve, what } of settled) {
    await reach(parts, running.activity, 'settled')
    resolve(endingOf(what))
  }
}

async function oneByOne(
  parts: SharedParts,
  transaction: Transaction,
  group: readonly Settling[],
): Promise<Meaning[]> {
  const settled: Meaning[] = []
  const whose = group.length === 1 ? 'own' : 'shared'
  for (const settling of group) {
    const { activity, job } = settling.running
    const outcome = job.outcome?.value ?? null
    const what = await activity.settle(outcome, job.intent, transaction, job.call, whose)
    await reach(parts, activity, 'settling')
    settled.push({ ...settling, what })
  }
  return settled
}

function ownershipLost(group: readonly Settling[], cause: unknown): Error {
  const operations = [...new Set(group.map(({ running }) => running.activity.operation))]
  const message = `another instance took over ${operations.join(', ')}`
  return frameworkError('ARC_OWNERSHIP_LOST', message, { effect: 'unknown', cause })
}

function joined(all: readonly Leftovers[]): Leftovers {
  return {
    events: all.flatMap(({ events }) => events),
    statements: all.flatMap(({ statements }) => statements),
    committed: () => all.forEach(({ committed }) => committed()),
  }
}

/** What stays of an activity when its row is gone. */
function recordOf(
  { scope, inputHash, call, attempts, firstSentAt, lastError }: Job,
  what: Settled | Refused,
): SettledRecord {
  const { correlationId, key } = call
  const effect = { key, attempts, firstSentAt, ...(lastError !== undefined && { lastError }) }
  const outcome = 'refusal' in what ? { refusal: what.refusal } : { answer: what.answer }
  return { scope, inputHash, correlationId, effect, outcome }
}

function endingOf(what: Settled | Refused): Ending {
  return 'refusal' in what
    ? { is: 'refused', refusal: what.refusal }
    : { is: 'answered', answer: what.answer }
}
