import type { FaultPoints } from '../environment/index.ts'

/** Where a paused point was reached, and its way on. */
export interface PausedPoint {
  /** Resolves when the point is reached. */
  readonly reached: Promise<void>
  /** Lets whoever waits there go on. */
  release(): void
}

/** Crash points that a test works: every named moment of the framework is counted, and may fail or be held. */
export interface TestFaultPoints extends FaultPoints {
  /** How often a point was passed so far. */
  count(point: string): number
  /** All points that were reached, in the order of the first time. */
  readonly points: readonly string[]
  /** The next `times` (default 1) arrivals at the point fail with this error. */
  fail(point: string, options?: { readonly error?: Error; readonly times?: number }): void
  /** The next arrival at the point waits until it is released. */
  pause(point: string): PausedPoint
}

type Reaction = () => Promise<void>

export function createFaultPoints(): TestFaultPoints {
  const counts = new Map<string, number>()
  const reactions = new Map<string, Reaction[]>()

  function next(point: string, reaction: Reaction): void {
    reactions.set(point, [...(reactions.get(point) ?? []), reaction])
  }

  return {
    armed: true,
    reach(point) {
      counts.set(point, (counts.get(point) ?? 0) + 1)
      return reactions.get(point)?.shift()?.()
    },
    count: (point) => counts.get(point) ?? 0,
    get points() {
      return [...counts.keys()]
    },
    fail(point, { error = new Error(`the test fails ${point}`), times = 1 } = {}) {
      for (let time = 0; time < times; time++) next(point, () => Promise.reject(error))
    },
    pause(point) {
      const reached = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      next(point, () => {
        reached.resolve()
        return released.promise
      })
      return { reached: reached.promise, release: () => released.resolve() }
    },
  }
}
