import type { Clock, Environment } from '../environment/index.ts'
import { frameworkError, type ArchipelError } from '../errors/index.ts'
import { DeadlineWatch, type Watched } from './deadline-watch.ts'
import type { CallBounds } from './types.ts'

/** How long a call may take when nobody says otherwise. */
const DEFAULT_DEADLINE_MS = 10_000

/** Something that waits within bounds and is told, once, when they end before it. */
export interface Waiter {
  stop(reason: ArchipelError): void
  previousWaiter: Waiter | undefined
  nextWaiter: Waiter | undefined
}

/** Where a process keeps its deadlines: one for each host, shared by all calls. */
export interface BoundsSource {
  /** Bounds that start with a request: `timeoutMs` from now, default 10 s. Who has just read the clock gives `now`. */
  open(timeoutMs?: number, now?: number): Bounds
  /** Bounds within others: never later than theirs, ended with theirs. */
  within(parent: CallBounds, timeoutMs?: number, now?: number): Bounds
  /** Bounds of another maker as ours; our own come back as they are. */
  adopt(bounds: CallBounds): Bounds
}

/** Bounds in the hands of who opened them; `close` must be called when the work has ended. */
export interface OwnedBounds extends CallBounds, Disposable {
  /** Ends everything inside with ARC_CANCELLED. */
  cancel(message?: string): void
  /** Ends with a signal of somebody else. */
  follow(signal: AbortSignal): void
  /** The work has ended: nothing is aborted any more, and nothing is held. */
  close(): void
}

/**
 * The bounds of a call. Most calls never ask for the signal and end long before their deadline, so that signal,
 * controller and timer come to be only when somebody needs them.
 */
export class Bounds implements OwnedBounds, Watched, Waiter {
  readonly deadlineAt: number
  previousWatched: Watched | undefined = undefined
  nextWatched: Watched | undefined = undefined
  previousWaiter: Waiter | undefined = undefined
  nextWaiter: Waiter | undefined = undefined
  readonly #watch: DeadlineWatch
  readonly #parent: Bounds | undefined
  #firstWaiter: Waiter | undefined = undefined
  #controller: AbortController | undefined = undefined
  #stopped: ArchipelError | undefined = undefined
  #listening = false
  #unfollow: (() => void) | undefined = undefined

  constructor(watch: DeadlineWatch, deadlineAt: number, parent: Bounds | undefined) {
    this.#watch = watch
    this.deadlineAt = deadlineAt
    this.#parent = parent
    parent?.join(this)
  }

  /** Why they ended, if they did before the work. */
  get stopped(): ArchipelError | undefined {
    return this.#stopped
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#stopped) this.#controller.abort(this.#stopped)
      else this.#listen()
    }
    return this.#controller.signal
  }

  join(waiter: Waiter): void {
    if (this.#stopped) return waiter.stop(this.#stopped)
    const next = this.#firstWaiter
    waiter.nextWaiter = next
    if (next !== undefined) next.previousWaiter = waiter
    this.#firstWaiter = waiter
    this.#listen()
  }

  /** Leaving twice does nothing. */
  leave(waiter: Waiter): void {
    const { previousWaiter: previous, nextWaiter: next } = waiter
    if (previous !== undefined) previous.nextWaiter = next
    else if (this.#firstWaiter === waiter) this.#firstWaiter = next
    if (next !== undefined) next.previousWaiter = previous
    waiter.previousWaiter = undefined
    waiter.nextWaiter = undefined
    if (this.#firstWaiter === undefined && this.#controller === undefined) this.#rest()
  }

  expire(): void {
    this.stop(frameworkError('ARC_DEADLINE', 'The deadline passed before there was an answer'))
  }

  cancel(message = 'The caller gave up before there was an answer'): void {
    this.stop(frameworkError('ARC_CANCELLED', message))
  }

  stop(reason: ArchipelError): void {
    if (this.#stopped) return
    this.#stopped = reason
    this.close()
    for (let waiter = this.#firstWaiter; waiter !== undefined; waiter = this.#firstWaiter) {
      this.leave(waiter)
      waiter.stop(reason)
    }
    this.#controller?.abort(reason)
  }

  follow(signal: AbortSignal): void {
    if (signal.aborted) return this.cancel()
    const cancel = () => this.cancel()
    signal.addEventListener('abort', cancel)
    this.#unfollow = () => signal.removeEventListener('abort', cancel)
  }

  close(): void {
    this.#parent?.leave(this)
    this.#watch.leave(this)
    this.#unfollow?.()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Nobody is to be told when they end: who owns them may forget to close them. */
  #rest(): void {
    this.#listening = false
    this.#watch.leave(this)
  }

  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    // A parent that ends no later tells us by itself.
    const byItself = this.#parent === undefined || this.#parent.deadlineAt > this.deadlineAt
    if (byItself && this.deadlineAt !== Infinity) this.#watch.join(this)
  }
}

/** @param environment owns the clock and the timers of every deadline. */
export function createBoundsSource(environment: Pick<Environment, 'clock' | 'timers'>): BoundsSource {
  const { clock, timers } = environment
  const watch = new DeadlineWatch(clock, timers)

  function adopt(bounds: CallBounds): Bounds {
    if (bounds instanceof Bounds) return bounds
    const own = new Bounds(watch, bounds.deadlineAt, undefined)
    own.follow(bounds.signal)
    return own
  }

  return {
    open: (timeoutMs = DEFAULT_DEADLINE_MS, now = clock.monotonic()) =>
      new Bounds(watch, now + timeoutMs, undefined),
    within(parent, timeoutMs = Infinity, now = clock.monotonic()) {
      const ours = adopt(parent)
      return new Bounds(watch, Math.min(ours.deadlineAt, now + timeoutMs), ours)
    },
    adopt,
  }
}

/** Milliseconds that are left, never below zero: what travels to another host. */
export function remainingMs(bounds: CallBounds, clock: Clock): number {
  return Math.max(0, bounds.deadlineAt - clock.monotonic())
}

/** @throws ARC_DEADLINE or ARC_CANCELLED, with effect `none`, when there is no time left to start anything. */
export function requireTime(bounds: CallBounds, clock: Clock): void {
  if (bounds instanceof Bounds) {
    if (bounds.stopped) throw bounds.stopped
  } else if (bounds.signal.aborted) {
    throw frameworkError('ARC_CANCELLED', 'The caller gave up before the work began')
  }
  if (bounds.deadlineAt <= clock.monotonic())
    throw frameworkError('ARC_DEADLINE', 'The deadline had passed before the work began')
}
