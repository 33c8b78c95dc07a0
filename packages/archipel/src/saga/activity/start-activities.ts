import type { Leftovers } from '../../messaging/index.ts'
import type { SettledRecord, Transaction } from '../../storage/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { jsonCopy } from '../json-copy.ts'
import type { IntendedJob } from './activity-store.ts'
import { callOf } from './begin-activity.ts'
import { reach, type RunnerParts } from './runner-parts.ts'
import type { ActivityStart } from './runner-types.ts'
import type { BoundActivity } from './types.ts'

/** One of those that a transaction starts, as it stands in the record of its key. */
interface Starting extends Omit<IntendedJob, 'intent'> {
  readonly activity: BoundActivity
  readonly correlationId: string
}

/**
 * Writes keys and intents of activities into the transaction that starts them. Those whose key has a record are begun
 * already. @returns what ends that transaction. @throws what an intent fails with: nothing of the transaction may stay then
 */
export async function startActivities(
  parts: RunnerParts,
  transaction: Transaction,
  starting: readonly Starting[],
): Promise<Leftovers> {
  const { idempotency, store, environment } = parts
  const begun = new Set(await idempotency.beginWorking(transaction, starting))
  const intended: IntendedJob[] = []
  const refused: SettledRecord[] = []
  const leftovers: Leftovers[] = []
  for (const start of starting.filter((each) => begun.has(each))) {
    const { activity, scope, inputHash, call, correlationId } = start
    const outcome = await activity.intend(call.input, transaction, call, 'shared')
    leftovers.push(outcome.leftovers)
    if ('refusal' in outcome) {
      refused.push({ scope, inputHash, correlationId, outcome })
      continue
    }
    await reach(parts, activity, 'intending')
    const intent = jsonCopy(outcome.intent, `the intent of ${scope.operation}`)
    intended.push({ scope, inputHash, call, intent })
  }
  const rows = [
    ...(refused.length === 0 ? [] : [idempotency.settled(refused)]),
    ...(intended.length === 0 ? [] : [store.intend(intended, environment.clock.now())]),
  ]
  return {
    events: leftovers.flatMap(({ events }) => events),
    statements: [...leftovers.flatMap(({ statements }) => statements), ...rows],
    committed: () => leftovers.forEach(({ committed }) => committed()),
  }
}

/** @throws ARC_APPLICATION_INVALID for an activity that isn't registered */
export function startingOf(
  { database }: Pick<RunnerParts, 'database'>,
  activities: ReadonlyMap<string, BoundActivity>,
  { operation, id, input, inputHash, metadata }: ActivityStart,
): Starting {
  const activity = activities.get(operation)
  if (activity === undefined)
    throw frameworkError('ARC_APPLICATION_INVALID', `the host of ${database.service} runs no '${operation}'`)
  const scope = { operation, principal: `service:${database.service}`, key: id }
  const call = callOf({ database }, { scope, input, metadata })
  return { activity, scope, inputHash, call, correlationId: metadata.correlationId }
}
