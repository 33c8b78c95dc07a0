import type { Environment, Timer } from '../environment/index.ts'
import { ArchipelError, frameworkError, isArchipelError } from '../errors/index.ts'
import type { Bounds, Waiter } from './bounds.ts'
import { failedCall } from './failed-call.ts'
import { retryDelayMs, type RetryBudget } from './retry.ts'
import type { CallRequest, Transport } from './types.ts'
import { carriedError } from './wire.ts'

/** What all calls of one pipeline share. */
export interface PendingCallParts {
  readonly environment: Environment
  readonly transport: Transport
  readonly budget: RetryBudget
}

/** How a call is treated beside what it says. */
export interface CallTreatment {
  readonly repeatable: boolean
  /** What is true when nothing came back after it was sent. */
  readonly effectWhenLost: 'none' | 'unknown'
  /** The bounds were opened for this call alone and end with it. */
  readonly ownsBounds: boolean
}

/** One call on its way: sent, perhaps sent again, and settled exactly once, at the latest when its bounds end. */
export class PendingCall implements Waiter {
  previousWaiter: Waiter | undefined = undefined
  nextWaiter: Waiter | undefined = undefined
  readonly #parts: PendingCallParts
  readonly #request: CallRequest
  readonly #bounds: Bounds
  readonly #treatment: CallTreatment
  readonly answer: Promise<unknown>
  #resolve!: (value: unknown) => void
  #tries = 0
  #settled = false
  #sleep: Timer | undefined = undefined

  constructor(parts: PendingCallParts, request: CallRequest, bounds: Bounds, treatment: CallTreatment) {
    this.#parts = parts
    this.#request = request
    this.#bounds = bounds
    this.#treatment = treatment
    this.answer = new Promise((resolve) => (this.#resolve = resolve))
    bounds.join(this)
  }

  send(): void {
    if (this.#settled) return
    this.#tries++
    const request = this.#tries === 1 ? this.#request : { ...this.#request, sentAt: undefined }
    this.#parts.transport.call(request, this.#bounds).then(
      (answer) => this.#answered(answer),
      (error: unknown) => this.#failed(error),
    )
  }

  /** The bounds ended first. What the callee does with its signal is its business: nobody waits for it. */
  stop(reason: ArchipelError): void {
    if (this.#settled) return
    this.#end()
    const { code, kind, message } = reason
    const effect = this.#tries === 0 ? 'none' : this.#treatment.effectWhenLost
    this.#fail(new ArchipelError({ code, kind, message, effect, cause: reason }))
  }

  #answered(answer: unknown): void {
    if (this.#settled) return
    this.#end()
    this.#resolve(answer)
  }

  #failed(error: unknown): void {
    if (this.#settled) return
    const failure = this.#carried(error)
    const delayMs = this.#delayOfNextTry(failure)
    if (delayMs !== undefined) {
      this.#sleep = this.#parts.environment.timers.after(delayMs, () => this.send())
      return
    }
    this.#end()
    this.#fail(failure)
  }

  /** By a promise of its own: a call that succeeds pays nothing for what a failure tells. */
  #fail(failure: ArchipelError): void {
    this.#resolve(failedCall(failure, this.#request))
  }

  /** The error as it comes over a wire, also from a callee in this process. */
  #carried(error: unknown): ArchipelError {
    if (isArchipelError(error)) return carriedError(error, this.#request.metadata.correlationId)
    return frameworkError('ARC_INTERNAL', 'The transport failed', {
      cause: error,
      effect: this.#treatment.effectWhenLost,
    })
  }

  /** A retry that could only begin after the deadline isn't waited for: the error at hand says more. */
  #delayOfNextTry(failure: ArchipelError): number | undefined {
    if (!this.#treatment.repeatable) return undefined
    const { budget, environment } = this.#parts
    const delayMs = retryDelayMs(failure, this.#tries, budget, environment.randomness)
    if (delayMs === undefined) return undefined
    return environment.clock.monotonic() + delayMs < this.#bounds.deadlineAt ? delayMs : undefined
  }

  #end(): void {
    this.#settled = true
    this.#sleep?.cancel()
    if (this.#treatment.ownsBounds) this.#bounds.close()
    else this.#bounds.leave(this)
  }
}
