import type { Environment } from '../environment/index.ts'
import { asError } from '../errors/index.ts'
import { component, type Component } from '../host/index.ts'
import { createSagaHousekeeping } from '../saga/index.ts'
import { RECORDS_AT_ONCE, removeExpiredRecords } from '../storage/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { AssembledService, Assembly } from './assemble.ts'

const EVERY_MS = 10 * 60_000
/**
 * Ended sagas and answers of keys. A day more than an undo believes them to be kept: it must never take a record that
 * was removed for one that was never there.
 */
const KEPT_MS = 31 * 24 * 60 * 60_000

type Parts = Pick<Assembly, 'messaging'> & {
  readonly services: readonly Pick<AssembledService, 'name' | 'database'>[]
}

/** Removes what nobody may ask for any more, now and then, a little at a time. */
export function housekeeping(
  { services, messaging }: Parts,
  { clock, timers }: Environment,
  telemetry: Pick<Telemetry, 'log' | 'counter'>,
): Component {
  const stopped = new AbortController()
  const { signal } = stopped
  const removed = telemetry.counter('archipel_housekeeping_removed_total', 'What housekeeping removed', [
    'what',
  ])
  let rounds: Promise<void> = Promise.resolve()

  async function keep(): Promise<void> {
    while (!signal.aborted) {
      await timers.sleep(EVERY_MS, signal)
      if (!signal.aborted) await round()
    }
  }

  async function round(): Promise<void> {
    const before = new Date(clock.now() - KEPT_MS)
    await attempt('events', async () => removed.add(await messaging.keepHouse(signal), 'events'))
    for (const service of services) await attempt('sagas', () => removeSagas(service, before))
    // While it isn't known which sagas are under way, no record goes.
    await attempt('records', async () => {
      const askedSince = await oldestSaga()
      for (const { database } of services)
        await inBatches('records', RECORDS_AT_ONCE, () =>
          removeExpiredRecords(database, { before, askedSince }),
        )
    })
  }

  async function removeSagas({ database }: Parts['services'][number], before: Date): Promise<void> {
    const sagas = createSagaHousekeeping(database)
    await inBatches('sagas', sagas.atMost, () => sagas.removeEnded(before))
  }

  /** Whose steps may lie in any service: their records stay as long as it may ask. */
  async function oldestSaga(): Promise<Date | undefined> {
    const all = services.map(({ database }) => createSagaHousekeeping(database).oldestUnfinished())
    const times = (await Promise.all(all)).flatMap((began) => (began ? [began.getTime()] : []))
    return times.length === 0 ? undefined : new Date(Math.min(...times))
  }

  async function inBatches(what: string, atMost: number, remove: () => Promise<number>): Promise<void> {
    let last = atMost
    while (last === atMost && !signal.aborted) {
      last = await remove()
      if (last > 0) removed.add(last, what)
    }
  }

  /** What stays is removed the next time. */
  async function attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      telemetry.log.warn('what is past its time could not be removed', {
        what,
        error: asError(error),
      })
    }
  }

  return component('housekeeping', {
    start: async () => void (rounds = keep()),
    drain: async () => {
      stopped.abort()
      await rounds
    },
    close: async () => stopped.abort(),
  })
}
