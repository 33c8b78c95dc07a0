import type { FaultPoints } from '../environment/index.ts'

type SagaMoment = 'stored' | 'sent' | 'answered' | 'undo-stored' | 'undo-sent' | 'undo-answered'
type ActivityMoment =
  | 'intending'
  | 'intended'
  | 'claimed'
  | 'effect-sent'
  | 'effect-known'
  | 'postponed'
  | 'settling'
  | 'settled'

/** The moments that there are. What a test does at a point of another name would never happen. */
export type FaultPoint =
  /** A command has its key, and its handler is next. */
  | 'command.claimed'
  /** The handler has ended: counts its runs. */
  | 'command.handled'
  | 'command.before-commit'
  | 'command.after-commit'
  | 'command.answered'
  | 'upload.received'
  | 'upload.answered'
  | 'messaging.page-due'
  | 'messaging.page-taken'
  | 'messaging.page-opened'
  /** A handler of pages has ended. */
  | 'messaging.page-handled'
  /** The handler of one event has ended: counts its runs. */
  | 'messaging.event-handled'
  /** A page is about to be committed, also one whose events turned out to be handled already. */
  | 'messaging.before-commit'
  | 'messaging.after-commit'
  | 'saga.claimed'
  | 'saga.postponed'
  | 'saga.ended'
  /** A step of a saga: `saga.capturePayment.stored`. */
  | `saga.${string}.${SagaMoment}`
  /** The operation that an activity implements: `activity.capture.effect-sent`. */
  | `activity.${string}.${ActivityMoment}`

/** Where a paused point was reached, and its way on. */
export interface PausedPoint {
  /** Resolves when the point is reached. */
  readonly reached: Promise<void>
  /** Lets whoever waits there go on. */
  release(): void
}

/** Crash points that a test works: every named moment of the framework is counted, and may fail or be held. */
export interface TestFaultPoints extends FaultPoints {
  /** How often a point was passed so far, by one subject where one is named. */
  count(point: FaultPoint, subject?: string): number
  /** All points that were reached, in the order of the first time. */
  readonly points: readonly string[]
  /** The next `times` (default 1) arrivals at the point fail with this error. */
  fail(
    point: FaultPoint,
    options?: { readonly error?: Error; readonly times?: number; readonly subject?: string },
  ): void
  /** The next arrival at the point, of one subject where one is named, waits until it is released. */
  pause(point: FaultPoint, subject?: string): PausedPoint
}

type Reaction = () => Promise<void>

export function createFaultPoints(): TestFaultPoints {
  const counts = new Map<string, number>()
  const points = new Set<string>()
  const reactions = new Map<string, Reaction[]>()

  function next(place: string, reaction: Reaction): void {
    reactions.set(place, [...(reactions.get(place) ?? []), reaction])
  }

  return {
    armed: true,
    reach(point, subject) {
      points.add(point)
      const places = subject === undefined ? [point] : [placeOf(point, subject), point]
      for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1)
      const waiting = places.find((place) => (reactions.get(place)?.length ?? 0) > 0)
      return waiting === undefined ? undefined : reactions.get(waiting)?.shift()?.()
    },
    count: (point, subject) => counts.get(placeOf(point, subject)) ?? 0,
    get points() {
      return [...points]
    },
    fail(point, { error = new Error(`the test fails ${point}`), times = 1, subject } = {}) {
      for (let time = 0; time < times; time++) next(placeOf(point, subject), () => Promise.reject(error))
    },
    pause(point, subject) {
      const reached = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      next(placeOf(point, subject), () => {
        reached.resolve()
        return released.promise
      })
      return { reached: reached.promise, release: () => released.resolve() }
    },
  }
}

function placeOf(point: string, subject: string | undefined): string {
  return subject === undefined ? point : `${point} ${subject}`
}
