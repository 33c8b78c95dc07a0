import type { CallBounds } from '../../call/index.ts'
import type { Environment } from '../../environment/index.ts'
import { frameworkError, type JsonValue } from '../../errors/index.ts'
import type { CommandScope } from '../../storage/index.ts'
import { createActivityStore } from './activity-store.ts'
import type { Job } from './job.ts'
import { begin, refusalError } from './begin-activity.ts'
import { createFormerStarts } from './carry-former.ts'
import { createRecovery } from './recover-activities.ts'
import type { Ending, RunnerParts } from './runner-parts.ts'
import type { ActivityRunner, ActivityRunnerOptions, UnknownOutcome } from './runner-types.ts'
import { createRunningActivities } from './running-activities.ts'
import { createSettlements } from './settle-activities.ts'
import { startActivities, startingOf } from './start-activities.ts'
import { createSweep } from './sweep-activities.ts'
import { createStartedActivities } from './take-started.ts'
import type { BoundActivity } from './types.ts'

const DEFAULTS = {
  leaseMs: 5_000,
  sweepMs: 500,
  tryMs: 30_000,
  firstDelayMs: 100,
  longestDelayMs: 5_000,
  startedAtOnce: 8,
  gatherMs: 50,
}

const IDLE_LOOK_MS = 20

/**
 * Runs the activities of one service in this process and takes over those whose owner fell silent. An activity goes
 * on whether or not its caller still waits.
 */
export function createActivityRunner(options: ActivityRunnerOptions): ActivityRunner {
  const parts = partsOf(options)
  const { clock, timers } = parts.environment
  const { service } = parts.database
  const activities = new Map<string, BoundActivity>()
  const running = createRunningActivities(parts)
  const started = createStartedActivities(parts, activities, running)
  const sweep = createSweep(parts, [createRecovery(parts, activities, running), started.look])
  const former = createFormerStarts(parts, options.instance, activities)
  let draining = false

  const register = (added: readonly BoundActivity[]) =>
    added.forEach((activity) => activities.set(activity.operation, activity))
  register(options.activities ?? [])

  async function byPerson(scope: CommandScope, outcome: Job['outcome'], note: JsonValue): Promise<void> {
    const activity = activities.get(scope.operation)
    const leaseUntil = clock.monotonic() + parts.tuning.leaseMs
    const job = activity && (await parts.store.takeUp(scope, outcome, clock.now(), note))
    if (!activity || !job) {
      throw frameworkError(
        'ARC_ACTION_REFUSED',
        `${scope.operation} ${scope.key}: its outcome isn't unknown (any more)`,
      )
    }
    void running.takeUp(activity, job, leaseUntil)
  }

  async function idle(): Promise<void> {
    for (;;) {
      await running.idle()
      if (draining || !(await parts.store.anyDue([...activities.keys()]))) return
      await timers.sleep(IDLE_LOOK_MS)
    }
  }

  async function drain(graceMs = 5_000): Promise<void> {
    draining = true
    sweep.stop()
    started.stop()
    former.stop()
    running.stop()
    const cut = timers.after(graceMs, running.cut)
    // A database that doesn't answer must not hold up the end of the process.
    await Promise.race([running.idle(), timers.sleep(graceMs + 1_000)])
    cut.cancel()
    running.close()
  }

  return {
    register,
    async execute(request, bounds) {
      if (draining) throw frameworkError('ARC_UNAVAILABLE', `${service} is stopping`)
      const begun = await begin(parts, request)
      if (begun.is === 'known') return begun.answer
      const ending = running.takeUp(request.activity, begun.job, begun.leaseUntil)
      return answerOf(service, request.scope.operation, await within(parts.environment, bounds, ending))
    },
    async start(transaction, requests) {
      const starting = requests.map((request) => startingOf(parts, activities, request))
      const leftovers = await startActivities(parts, transaction, starting)
      return {
        ...leftovers,
        committed() {
          leftovers.committed()
          for (const operation of new Set(requests.map((request) => request.operation)))
            started.wake(operation)
        },
      }
    },
    run() {
      if (draining) return
      started.start()
      sweep.start()
      former.start()
    },
    drain,
    close: () => drain(0),
    idle,
    unknown: async () => (await parts.store.unknown()).map(unknownOutcome),
    resolve: (scope, value, { who, why }) =>
      byPerson(scope, { value }, { at: clock.now(), action: 'resolve', who, why }),
    sendAgain: (scope, { who, why }) =>
      byPerson(scope, undefined, { at: clock.now(), action: 'send-again', who, why }),
  }
}

function partsOf(options: ActivityRunnerOptions): RunnerParts {
  const { environment, telemetry, database, idempotency, append, kick = () => undefined } = options
  const tuning = { ...DEFAULTS, ...options.options }
  const store = createActivityStore(database, options.instance, tuning.leaseMs)
  const shared = { environment, telemetry, database, idempotency, append, kick, store, tuning }
  return { ...shared, settle: createSettlements(shared) }
}

/** The caller's time may end before the activity does; it goes on without them. */
function within(
  { clock, timers }: Environment,
  { deadlineAt, signal }: CallBounds,
  ending: Promise<Ending>,
): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const leave = (code: 'ARC_DEADLINE' | 'ARC_CANCELLED') =>
      reject(frameworkError(code, 'the activity goes on without its caller', { effect: 'unknown' }))
    const cancel = () => leave(clock.monotonic() >= deadlineAt ? 'ARC_DEADLINE' : 'ARC_CANCELLED')
    const timer = timers.after(deadlineAt - clock.monotonic(), () => leave('ARC_DEADLINE'))
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
    void ending.then(resolve).finally(() => {
      timer.cancel()
      signal.removeEventListener('abort', cancel)
    })
  })
}

function answerOf(service: string, operation: string, ending: Ending): JsonValue {
  switch (ending.is) {
    case 'answered':
      return ending.answer
    case 'refused':
      throw refusalError(service, ending.refusal)
    case 'listed':
      throw frameworkError(
        'ARC_UNAVAILABLE',
        `the outcome of ${operation} is unknown: a person has to find out`,
        { effect: 'unknown' },
      )
    case 'lost':
      throw frameworkError('ARC_OWNERSHIP_LOST', `${operation} goes on elsewhere`, { effect: 'unknown' })
  }
}

function unknownOutcome({ scope, call, intent, firstSentAt, attempts, lastError }: Job): UnknownOutcome {
  return { scope, effectKey: call.key, intent, firstSentAt, attempts, lastError }
}
