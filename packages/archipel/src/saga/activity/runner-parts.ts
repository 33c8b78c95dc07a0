import { createHash } from 'node:crypto'
import type { JsonValue } from '../../errors/index.ts'
import type { CommandScope, StoredRefusal } from '../../storage/index.ts'
import type { ActivityStore } from './activity-store.ts'
import type { Job } from './job.ts'
import type { ActivityRunnerOptions, ActivityTuning } from './runner-types.ts'
import type { BoundActivity } from './types.ts'

/** How this process is through with an activity. */
export type Ending =
  | { readonly is: 'answered'; readonly answer: JsonValue }
  | { readonly is: 'refused'; readonly refusal: StoredRefusal }
  /** Its outcome stays unknown: a person was asked. */
  | { readonly is: 'listed' }
  /** Another instance goes on with it. */
  | { readonly is: 'lost' }

/** What the parts of one runner share. */
export interface SharedParts extends Pick<
  ActivityRunnerOptions,
  'environment' | 'telemetry' | 'database' | 'idempotency' | 'append'
> {
  readonly store: ActivityStore
  readonly tuning: Required<ActivityTuning>
  readonly kick: () => void
}

/** The same for those who bring an activity to its end. */
export interface RunnerParts extends SharedParts {
  /** Writes what a known outcome means. @throws ARC_OWNERSHIP_LOST, and what the settlement fails with */
  readonly settle: (running: Work) => Promise<Ending>
}

/** One activity at work in this process. */
export interface Work {
  readonly activity: BoundActivity
  readonly job: Job
  /** A reading of the monotonic clock: after it another instance may own the activity. */
  leaseUntil: number
  /** Aborted: hand back instead of waiting for another try. */
  readonly stop: AbortController
  /** Aborted: end the effect in flight too. */
  readonly cut: AbortController
}

/** The key for the other side: one for each scope, so that equal keys of two principals stay apart there too. */
export function effectKey(service: string, { operation, principal, key }: CommandScope): string {
  return createHash('sha256')
    .update(JSON.stringify([service, operation, principal, key]))
    .digest('base64url')
}

export async function reach(
  { environment: { faults }, database: { service } }: SharedParts,
  activity: BoundActivity,
  moment: string,
): Promise<void> {
  if (faults.armed)
    await faults.reach(`activity.${activity.operation}.${moment}`, `${service}.${activity.operation}`)
}
