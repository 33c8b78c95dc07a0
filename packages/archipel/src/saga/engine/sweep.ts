import type { Timer } from '../../environment/index.ts'
import { asError } from '../../errors/index.ts'
import { canTurnBack } from '../machine/position.ts'
import type { SagaInstance } from '../types.ts'
import { keyOf, MOST_HELD, type EngineParts } from './parts.ts'

/** Takes sagas that are due, hears requests to cancel, keeps what is owned. */
export interface Sweeper {
  start(): void
  /** Begins to renew leases. */
  keep(): void
  /** Looks again no later than at this moment, in milliseconds since 1970. */
  at(untilMs: number): void
  /** Ends the taking; leases are renewed until `close`. */
  stop(): void
  close(): void
}

export function createSweeper(parts: EngineParts, take: (saga: SagaInstance) => void): Sweeper {
  const { clock, timers } = parts.environment
  const { log } = parts.telemetry
  let next: { readonly atMs: number; readonly timer: Timer } | undefined
  let renewal: Timer | undefined
  let taking = false

  function at(untilMs: number): void {
    if (!taking || (next && next.atMs <= untilMs)) return
    next?.timer.cancel()
    const timer = timers.after(Math.max(0, untilMs - clock.now()), () => {
      next = undefined
      void sweep()
    })
    next = { atMs: untilMs, timer }
  }

  async function sweep(): Promise<void> {
    try {
      await claim()
      await hearCancels()
    } catch (error) {
      log.warn('looking for due sagas failed; trying again', {
        service: parts.service,
        error: asError(error),
      })
    }
    at(clock.now() + parts.tuning.sweepMs)
  }

  async function claim(): Promise<void> {
    const limit = Math.min(parts.slots.free, MOST_HELD - parts.runs.size)
    if (limit <= 0 || !taking) return
    const versions = parts.definitions.map(({ name, version }) => ({ saga: name, version }))
    const now = clock.now()
    const far = now + parts.longestWaitMs
    const claimed = await parts.store.claimDue(parts.instance, versions, now, limit, far)
    const { faults } = parts.environment
    for (const saga of claimed) {
      if (faults.armed) await faults.reach('saga.claimed', `${saga.service}.${saga.saga}`)
      take(saga)
    }
  }

  async function hearCancels(): Promise<void> {
    const deaf = [...parts.runs.values()].some(({ wake }) => wake !== undefined)
    if (!deaf) return
    for (const reference of await parts.store.cancelRequests(parts.instance)) {
      const run = parts.runs.get(keyOf(reference))
      if (run && canTurnBack(run.definition, run.saga)) run.wake?.()
    }
  }

  async function renew(): Promise<void> {
    const owned = [...parts.runs.values()].map(({ saga: { saga, id } }) => ({ saga, id }))
    try {
      const lost = owned.length === 0 ? [] : await parts.store.renew(parts.instance, owned)
      for (const reference of lost) parts.runs.get(keyOf(reference))?.stop.abort()
    } catch (error) {
      log.warn('keeping owned sagas failed; trying again', { service: parts.service, error: asError(error) })
    }
    if (renewal) renewal = timers.after(parts.store.leaseMs / 3, () => void renew())
  }

  const keep = () => void (renewal ??= timers.after(parts.store.leaseMs / 3, () => void renew()))

  return {
    at,
    keep,
    start() {
      if (taking) return
      taking = true
      keep()
      at(clock.now())
    },
    stop() {
      taking = false
      next?.timer.cancel()
      next = undefined
    },
    close() {
      renewal?.cancel()
      renewal = undefined
    },
  }
}
