import type { JsonValue } from '../errors/index.ts'

/** Structured log lines; every one carries the service and, where there is one, trace and correlation id. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  with(fields: LogFields): Log
}

export type LogFields = Readonly<Record<string, JsonValue | undefined | Error>>

/** A piece of work in a trace. Ending it twice does nothing. */
export interface Span {
  /** W3C `traceparent` to hand on; undefined when nothing records or hands on a trace. */
  readonly traceparent: string | undefined
  /** @param hidden texts that the trace shall not show, such as what an event says about a person. */
  fail(error: unknown, hidden?: readonly string[]): void
  end(): void
}

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal'

export interface Counter {
  add(amount: number, ...labels: readonly string[]): void
  /** The counter of these labels alone, looked up once: for what counts every call. It shows up at once, as 0. */
  of(...labels: readonly string[]): { add(amount: number): void }
}
export interface Histogram {
  /** `value` in the unit of the metric's name (seconds for durations). */
  record(value: number, ...labels: readonly string[]): void
  /** The histogram of these labels alone, looked up once: for what measures every call. */
  of(...labels: readonly string[]): { record(value: number): void }
}

/** What the rooms tell the outside: traces, metrics, logs. One for each host; a quiet one exists for tests. */
export interface Telemetry {
  /** Nothing is recorded: who would have to measure first may leave it. */
  readonly silent?: true
  readonly log: Log
  /** Continues `parent` (a traceparent) or starts a trace; costs next to nothing while nothing exports. */
  span(
    name: string,
    kind: SpanKind,
    parent: string | undefined,
    attributes?: Readonly<Record<string, string | number | boolean>>,
  ): Span
  counter(name: string, help: string, labels?: readonly string[]): Counter
  histogram(name: string, help: string, labels?: readonly string[]): Histogram
  gauge(
    name: string,
    help: string,
    labels: readonly string[],
    read: () =>
      | Iterable<{ value: number; labels: readonly string[] }>
      | Promise<Iterable<{ value: number; labels: readonly string[] }>>,
  ): void
  /** Prometheus text exposition. */
  exposition(): Promise<string>
  close(): Promise<void>
}
