import type { CallRequest } from '../call/index.ts'
import { isArchipelError } from '../errors/index.ts'
import type { Span } from '../telemetry/index.ts'
import type { OperationMeter } from './operation-meter.ts'
import type { OperationParts } from './operation-parts.ts'

/** What is recorded of one call. */
export interface Observation {
  readonly span: Span
  succeeded(): void
  failed(error: unknown): void
}

class OnlySpan implements Observation {
  readonly span: Span
  constructor(span: Span) {
    this.span = span
  }
  succeeded(): void {
    this.span.end()
  }
  failed(error: unknown): void {
    this.span.fail(error)
    this.span.end()
  }
}

class Measured extends OnlySpan {
  readonly #meter: OperationMeter
  readonly #startedAt: number

  constructor(span: Span, meter: OperationMeter, startedAt: number) {
    super(span)
    this.#meter = meter
    this.#startedAt = startedAt
  }
  override succeeded(): void {
    super.succeeded()
    this.#meter.succeeded(this.#startedAt)
  }
  override failed(error: unknown): void {
    super.failed(error)
    this.#meter.failed(this.#startedAt, isArchipelError(error) ? error.code : 'ARC_INTERNAL')
  }
}

/** What is recorded where nothing is. */
const UNOBSERVED: Observation = {
  span: { traceparent: undefined, fail() {}, end() {} },
  succeeded() {},
  failed() {},
}

/** Begins to record a call; while nothing records, next to nothing happens. */
export function observe(parts: OperationParts, request: CallRequest): Observation {
  const { telemetry } = parts.service.runtime
  if (telemetry.silent && request.metadata.traceparent === undefined) return UNOBSERVED
  const span = telemetry.span(parts.path, 'server', request.metadata.traceparent)
  const { meter } = parts
  return meter === undefined
    ? new OnlySpan(span)
    : new Measured(span, meter, request.sentAt ?? meter.clock.monotonic())
}
