import type { LoggedEvent } from '../types.ts'

/** A key whose next event failed and waits to be tried again. */
export interface Blocked {
  readonly key: string
  readonly position: number
  readonly attempts: number
  /** Monotonic time of the next try. */
  readonly dueAt: number
  /** Absent after a restart, until it is read again. */
  readonly event?: LoggedEvent | undefined
}

/**
 * How far an owner has got: pure bookkeeping. Later events of a blocked key are passed over and kept nowhere; when
 * the key is free, reading goes back to where it was blocked, and the inbox tells what was handled since.
 */
export interface Progress {
  /** Everything up to here was read: handled, parked, or passed over behind a blocked key. */
  readonly cursor: number
  readonly blocked: ReadonlyMap<string, Blocked>
  /** The largest position up to which every event is settled, once everything up to `cursor` was read; without `freed` being blocked. */
  durable(cursor?: number, freed?: string): number
  covered(cursor: number): void
  /** The database has this durable position. */
  stored(position: number): void
  /** Reads again what lies beyond the position that the database has. */
  rewind(): void
  /** Whether an event has to wait behind a blocked one of its key, which is remembered. */
  passesOver(event: LoggedEvent): boolean
  block(blocked: Blocked): void
  free(key: string): void
  /** The blocked key that is to be tried first. */
  nextDue(): Blocked | undefined
}

export function createProgress(position: number): Progress {
  const blocked = new Map<string, Blocked>()
  /** Blocked keys of which later events were passed over. */
  const passed = new Set<string>()
  let cursor = position
  let stored = position

  return {
    get cursor() {
      return cursor
    },
    blocked,
    durable(at = cursor, freed) {
      let durable = at
      for (const { key, position: waiting } of blocked.values()) {
        if (key !== freed) durable = Math.min(durable, waiting - 1)
        else if (passed.has(key)) durable = Math.min(durable, waiting)
      }
      return durable
    },
    covered(to) {
      cursor = Math.max(cursor, to)
    },
    stored(at) {
      stored = Math.max(stored, at)
    },
    rewind() {
      cursor = Math.min(cursor, stored)
    },
    passesOver(event) {
      const before = blocked.get(event.key)
      if (before === undefined) return false
      if (event.position > before.position) passed.add(event.key)
      return true
    },
    block(entry) {
      blocked.set(entry.key, entry)
    },
    free(key) {
      const entry = blocked.get(key)
      if (entry !== undefined && passed.has(key)) cursor = Math.min(cursor, entry.position)
      blocked.delete(key)
      passed.delete(key)
    },
    nextDue() {
      let next: Blocked | undefined
      for (const entry of blocked.values()) if (next === undefined || entry.dueAt < next.dueAt) next = entry
      return next
    },
  }
}

/** Delay before the try after `attempts` failed ones: doubling, with jitter from `random` in [0, 1). */
export function backoffMs(
  retry: { firstDelayMs: number; longestDelayMs: number },
  attempts: number,
  random: number,
): number {
  const full = Math.min(retry.longestDelayMs, retry.firstDelayMs * 2 ** Math.min(attempts - 1, 40))
  return full * (0.5 + random / 2)
}
