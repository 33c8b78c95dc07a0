import type { Clock, Timers } from '../environment/index.ts'

/** Something that ends when its time is up. The links belong to the watch. */
export interface Watched {
  readonly deadlineAt: number
  /** Called once, when the clock has passed `deadlineAt`. */
  expire(): void
  previousWatched: Watched | undefined
  nextWatched: Watched | undefined
}

const SLOT_MS = 4

/** The head of one slot's list; it never expires itself. */
class Slot implements Watched {
  readonly deadlineAt: number
  previousWatched: Watched | undefined = undefined
  nextWatched: Watched | undefined = undefined

  constructor(deadlineAt: number) {
    this.deadlineAt = deadlineAt
  }
  expire(): void {}
}

/**
 * Watches many deadlines with one timer. A timer of the system for each call would cost more than the call:
 * here joining and leaving only link and unlink. A deadline fires up to 4 ms late, never early.
 */
export class DeadlineWatch {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #slots = new Map<number, Slot>()
  #armedFor = Infinity

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock
    this.#timers = timers
  }

  join(watched: Watched): void {
    const number = Math.ceil(watched.deadlineAt / SLOT_MS)
    let slot = this.#slots.get(number)
    if (slot === undefined) {
      slot = new Slot(number * SLOT_MS)
      this.#slots.set(number, slot)
      if (slot.deadlineAt < this.#armedFor) this.#arm(slot.deadlineAt)
    }
    const next = slot.nextWatched
    watched.previousWatched = slot
    watched.nextWatched = next
    if (next !== undefined) next.previousWatched = watched
    slot.nextWatched = watched
  }

  /** Leaving twice, or after the deadline, does nothing. */
  leave(watched: Watched): void {
    const { previousWatched: previous, nextWatched: next } = watched
    if (previous === undefined) return
    previous.nextWatched = next
    if (next !== undefined) next.previousWatched = previous
    watched.previousWatched = undefined
    watched.nextWatched = undefined
  }

  #arm(at: number): void {
    this.#armedFor = at
    this.#timers.after(Math.max(1, at - this.#clock.monotonic()), () => {
      if (this.#armedFor === at) this.#sweep()
    })
  }

  #sweep(): void {
    this.#armedFor = Infinity
    const now = this.#clock.monotonic()
    let earliest = Infinity
    for (const [number, slot] of this.#slots) {
      if (slot.deadlineAt <= now) this.#empty(slot)
      if (slot.nextWatched === undefined) this.#slots.delete(number)
      else earliest = Math.min(earliest, slot.deadlineAt)
    }
    if (earliest < this.#armedFor) this.#arm(earliest)
  }

  #empty(slot: Slot): void {
    for (let watched = slot.nextWatched; watched !== undefined; watched = slot.nextWatched) {
      this.leave(watched)
      watched.expire()
    }
  }
}
