import type { CallRequest } from '../call/index.ts'
import { isArchipelError } from '../errors/index.ts'
import type { Span } from '../telemetry/index.ts'
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
  readonly #parts: OperationParts
  readonly #startedAt: number

  constructor(span: Span, parts: OperationParts) {
    super(span)
    this.#parts = parts
    this.#startedAt = parts.service.runtime.environment.clock.monotonic()
  }
  override succeeded(): void {
    super.succeeded()
    this.#count('ok')
  }
  override failed(error: unknown): void {
    super.failed(error)
    this.#count(isArchipelError(error) ? error.code : 'ARC_INTERNAL')
  }
  #count(outcome: string): void {
    const { service, name } = this.#parts
    const passedMs = service.runtime.environment.clock.monotonic() - this.#startedAt
    service.measure?.calls.add(1, service.name, name, outcome)
    service.measure?.seconds.record(passedMs / 1_000, service.name, name)
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
  return parts.service.measure === undefined ? new OnlySpan(span) : new Measured(span, parts)
}
