import type { CallBounds } from '../../call/index.ts'
import type { Timer } from '../../environment/index.ts'
import { frameworkError, type JsonValue } from '../../errors/index.ts'
import { createActivityStore, jobKey, type Job } from './activity-store.ts'
import { begin, refusalError } from './begin-activity.ts'
import type { RunnerParts, Work } from './runner-parts.ts'
import type { ActivityRunner, ActivityRunnerOptions, UnknownOutcome } from './runner-types.ts'
import type { BoundActivity } from './types.ts'
import { list, work, type Ending } from './work-activity.ts'

const CLAIMED_AT_ONCE = 16

/**
 * Runs the activities of one service in this process and takes over those whose owner fell silent. An activity goes
 * on whether or not its caller still waits.
 */
export function createActivityRunner(options: ActivityRunnerOptions): ActivityRunner {
  const { environment, telemetry, database, idempotency, append } = options
  const { clock, timers } = environment
  const tuning = {
    leaseMs: 5_000,
    sweepMs: 500,
    tryMs: 30_000,
    firstDelayMs: 100,
    longestDelayMs: 30_000,
    ...options.options,
  }
  const store = createActivityStore(database, options.instance, tuning.leaseMs)
  const parts: RunnerParts = {
    environment,
    telemetry,
    database,
    idempotency,
    append,
    store,
    tuning,
    kick: options.kick ?? (() => undefined),
  }
  const activities = new Map<string, BoundActivity>()
  const running = new Map<string, Work>()
  let waiting: (() => void)[] = []
  let sweeping: Timer | undefined
  let renewing: Timer | undefined
  let draining = false

  const register = (added: readonly BoundActivity[]) =>
    added.forEach((activity) => activities.set(activity.operation, activity))
  register(options.activities ?? [])

  /** Goes on with what this instance owns; it never rejects. */
  async function takeUp(
    activity: BoundActivity,
    job: Job,
    leaseUntil: number,
    go: typeof work = work,
  ): Promise<Ending> {
    const key = jobKey(job.scope)
    const mine: Work = { activity, job, leaseUntil, stop: new AbortController(), cut: new AbortController() }
    running.get(key)?.cut.abort()
    running.set(key, mine)
    if (draining) mine.stop.abort()
    renewing ??= timers.after(tuning.leaseMs / 3, () => void renew())
    try {
      return await go(parts, mine)
    } catch (error) {
      // Its lease ends, and whoever takes it then goes on with what is stored.
      telemetry.log.error('going on with an activity failed', {
        activity: activity.operation,
        error: error instanceof Error ? error : undefined,
      })
      return { is: 'lost' }
    } finally {
      if (running.get(key) === mine) running.delete(key)
      if (running.size === 0) wakeIdle()
    }
  }

  function wakeIdle(): void {
    for (const wake of waiting) wake()
    waiting = []
  }

  async function renew(): Promise<void> {
    const began = clock.monotonic()
    const owned = [...running.values()]
    try {
      const kept = owned.length === 0 ? undefined : await store.renew(owned.map(({ job }) => job))
      for (const mine of owned) {
        if (kept?.has(jobKey(mine.job.scope))) mine.leaseUntil = began + tuning.leaseMs
      }
    } catch (error) {
      telemetry.log.warn('keeping owned activities failed; trying again', {
        error: error instanceof Error ? error : undefined,
      })
    }
    renewing = running.size === 0 ? undefined : timers.after(tuning.leaseMs / 3, () => void renew())
  }

  async function sweep(): Promise<void> {
    try {
      const leaseUntil = clock.monotonic() + tuning.leaseMs
      for (const job of await store.claimDue([...activities.keys()], CLAIMED_AT_ONCE))
        recover(job, leaseUntil)
    } catch (error) {
      telemetry.log.warn('looking for activities without an owner failed; trying again', {
        error: error instanceof Error ? error : undefined,
      })
    }
    if (sweeping) sweeping = timers.after(tuning.sweepMs, () => void sweep())
  }

  /** What its former owner began to send may have been done: only a key that the other side honours allows a repeat. */
  function recover(job: Job, leaseUntil: number): void {
    const activity = activities.get(job.scope.operation)
    if (!activity) return
    const forgotten = clock.now() - job.firstSentAt >= activity.keyLifetimeMs
    if (!job.outcome && (activity.repeat === 'never' || forgotten)) {
      const why = forgotten
        ? 'its key is too old to be repeated'
        : 'its owner fell silent while it was being sent'
      void takeUp(activity, job, leaseUntil, (shared, mine) => list(shared, mine, why))
    } else void takeUp(activity, job, leaseUntil)
  }

  async function byPerson(
    scope: Job['scope'],
    outcome: { readonly value: JsonValue } | undefined,
    note: JsonValue,
  ): Promise<void> {
    const activity = activities.get(scope.operation)
    const leaseUntil = clock.monotonic() + tuning.leaseMs
    const job = activity && (await store.takeUp(scope, outcome, clock.now(), note))
    if (!activity || !job)
      throw frameworkError(
        'ARC_ACTION_REFUSED',
        `${scope.operation} ${scope.key}: its outcome isn't unknown (any more)`,
      )
    void takeUp(activity, job, leaseUntil)
  }

  const idle = () =>
    new Promise<void>((resolve) => (running.size === 0 ? resolve() : void waiting.push(resolve)))

  async function drain(graceMs = 5_000): Promise<void> {
    draining = true
    sweeping?.cancel()
    sweeping = undefined
    for (const mine of running.values()) mine.stop.abort()
    const cut = timers.after(graceMs, () => running.forEach((mine) => mine.cut.abort()))
    // A database that doesn't answer must not hold up the end of the process.
    await Promise.race([idle(), timers.sleep(graceMs + 1_000)])
    cut.cancel()
    renewing?.cancel()
  }

  return {
    register,
    async execute(request, bounds) {
      if (draining) throw frameworkError('ARC_UNAVAILABLE', `${database.service} is stopping`)
      const begun = await begin(parts, request)
      if (begun.is === 'known') return begun.answer
      const ending = await within(bounds, takeUp(request.activity, begun.job, begun.leaseUntil))
      return answerOf(database.service, request.scope.operation, ending)
    },
    run() {
      if (!draining) sweeping ??= timers.after(0, () => void sweep())
    },
    drain,
    close: () => drain(0),
    idle,
    unknown: async () => (await store.unknown()).map(unknownOutcome),
    resolve: (scope, outcome, { who, why }) =>
      byPerson(scope, { value: outcome }, { at: clock.now(), action: 'resolve', who, why }),
    sendAgain: (scope, { who, why }) =>
      byPerson(scope, undefined, { at: clock.now(), action: 'send-again', who, why }),
  }

  /** The caller's time may end before the activity does; it goes on without them. */
  function within({ deadlineAt, signal }: CallBounds, ending: Promise<Ending>): Promise<Ending> {
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
