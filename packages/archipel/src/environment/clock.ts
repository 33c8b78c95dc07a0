/** Two readings of time that must never be mixed: what the calendar says, and how much has passed. */
export interface Clock {
  /** Wall time in milliseconds since 1970-01-01 UTC. It may jump; use it for what people read. */
  now(): number
  /** Milliseconds since an arbitrary start. It never goes back; use it for durations, deadlines and leases. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}

/** The wall time of `clock` as an ISO 8601 instant in UTC. */
export function instant(clock: Clock): string {
  return new Date(clock.now()).toISOString()
}
