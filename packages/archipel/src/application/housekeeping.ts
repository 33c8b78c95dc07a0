import type { Environment } from '../environment/index.ts'
import { component, type Component } from '../host/index.ts'
import { removeExpiredRecords } from '../storage/index.ts'
import type { Log } from '../telemetry/index.ts'
import type { AssembledService } from './assemble.ts'

const EVERY_MS = 10 * 60_000

/** Removes what nobody may ask for any more, now and then, a little at a time. */
export function housekeeping(
  services: readonly AssembledService[],
  { timers }: Environment,
  log: Log,
): Component {
  const stopped = new AbortController()
  let rounds: Promise<void> = Promise.resolve()

  async function keep(): Promise<void> {
    while (!stopped.signal.aborted) {
      await timers.sleep(EVERY_MS, stopped.signal)
      for (const service of services) await removeRecords(service)
    }
  }

  async function removeRecords({ name, database }: AssembledService): Promise<void> {
    try {
      let removed = 1
      while (removed > 0 && !stopped.signal.aborted)
        removed = (await database.query(removeExpiredRecords)).length
    } catch (error) {
      // What stays is removed the next time.
      log.warn('old records could not be removed', {
        service: name,
        error: error instanceof Error ? error : new Error(String(error)),
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
