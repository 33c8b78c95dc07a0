import type { Clock } from '../environment/index.ts'
import type { Counter, Histogram } from '../telemetry/index.ts'

/** What is measured of all calls. */
export interface CallMeasure {
  readonly clock: Clock
  readonly calls: Counter
  readonly seconds: Histogram
}

/** What is measured of one operation: with its labels looked up at its first answer, not at each. */
export class OperationMeter {
  readonly clock: Clock
  readonly #measure: CallMeasure
  readonly #labels: readonly [service: string, operation: string]
  #answers: ReturnType<Counter['of']> | undefined = undefined
  #seconds: ReturnType<Histogram['of']> | undefined = undefined

  constructor(measure: CallMeasure, service: string, operation: string) {
    this.clock = measure.clock
    this.#measure = measure
    this.#labels = [service, operation]
  }

  succeeded(startedAt: number): void {
    this.#answers ??= this.#measure.calls.of(...this.#labels, 'ok')
    this.#answers.add(1)
    this.#took(startedAt)
  }

  failed(startedAt: number, code: string): void {
    this.#measure.calls.add(1, ...this.#labels, code)
    this.#took(startedAt)
  }

  #took(startedAt: number): void {
    this.#seconds ??= this.#measure.seconds.of(...this.#labels)
    this.#seconds.record((this.clock.monotonic() - startedAt) / 1_000)
  }
}
