import type { Timer } from '../../environment/index.ts'
import type { Transaction } from '../../storage/index.ts'
import { jsonCopy } from '../json-copy.ts'
import { jobOf, type Job } from './job.ts'
import { SILENT } from './activity-statements.ts'
import { done, lastOf } from './begin-activity.ts'
import { describe } from './keep-trying.ts'
import { reach, type RunnerParts } from './runner-parts.ts'
import type { BoundActivity } from './types.ts'

/** Hosts of the former version may still leave some behind. */
const LOOK_MS = 5_000
const AGAIN_SECONDS = 5

/** The longest waiting one that no host of the former version is about to begin. */
const NEXT = `
select a.* from archipel_activities a
where state = 'started' and due_at <= clock_timestamp() and (owner is null or ${SILENT}) and operation = any ($2)
order by due_at limit 1 for update skip locked`
const KEY = 'operation = $1 and principal = $2 and key = $3'
const INTENDED = `
update archipel_activities set state = 'intended', owner = null, fence = fence + 1, due_at = clock_timestamp(), intent = $4
where ${KEY}`
const DROP = `delete from archipel_activities where ${KEY}`
const LATER = `
update archipel_activities set last_error = $4, due_at = clock_timestamp() + make_interval(secs => ${AGAIN_SECONDS})
where ${KEY} and state = 'started'`

/** Carries through what transactions of the former version started: their intent is written in a transaction of its own. */
export interface FormerStarts {
  start(): void
  stop(): void
}

export function createFormerStarts(
  parts: RunnerParts,
  instance: string,
  activities: ReadonlyMap<string, BoundActivity>,
): FormerStarts {
  const { environment, telemetry, database } = parts
  let looking: Timer | undefined

  async function look(): Promise<void> {
    try {
      while (looking && (await carryNext()));
    } catch (error) {
      telemetry.log.warn('looking for activities of the former version failed; trying again', {
        problem: describe(error),
      })
    }
    if (looking) looking = environment.timers.after(LOOK_MS, () => void look())
  }

  /** @returns whether there was one. */
  async function carryNext(): Promise<boolean> {
    await using transaction = await database.begin()
    const [row] = await transaction.query({
      name: 'archipel_activity_former',
      text: NEXT,
      values: [instance, [...activities.keys()]],
    })
    const job = row && jobOf(row)
    const activity = job && activities.get(job.scope.operation)
    if (!job || !activity) return false
    try {
      await carry(transaction, activity, job)
    } catch (error) {
      await transaction.rollback()
      const problem = describe(error)
      telemetry.log.error('an activity could not begin; trying again', {
        activity: activity.operation,
        problem,
      })
      await database.query({ text: LATER, values: [...keyOf(job), problem] })
    }
    return true
  }

  async function carry(transaction: Transaction, activity: BoundActivity, job: Job): Promise<void> {
    const { idempotency } = parts
    const { scope, inputHash, call } = job
    const record = { scope, inputHash, correlationId: call.correlationId }
    const [begun] = await idempotency.beginWorking(transaction, [record])
    if (!begun) return void (await transaction.commit([{ text: DROP, values: keyOf(job) }]))
    const outcome = await activity.intend(call.input, transaction, call, 'shared')
    await reach(parts, activity, 'intending')
    const rows =
      'refusal' in outcome
        ? [{ text: DROP, values: keyOf(job) }, idempotency.settled([{ ...record, outcome }])]
        : [{ text: INTENDED, values: [...keyOf(job), textOf(outcome.intent, scope.operation)] }]
    await transaction.commit([...rows, ...lastOf(parts, outcome.leftovers)])
    done(parts, outcome.leftovers)
  }

  return {
    start: () => void (looking ??= environment.timers.after(0, () => void look())),
    stop() {
      looking?.cancel()
      looking = undefined
    },
  }
}

function keyOf({ scope: { operation, principal, key } }: Job): string[] {
  return [operation, principal, key]
}

function textOf(intent: Job['intent'], operation: string): string {
  return JSON.stringify(jsonCopy(intent, `the intent of ${operation}`))
}
