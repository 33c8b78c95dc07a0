import type { Environment } from '../environment/index.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Where log lines go: one line per call, with its line feed. */
export interface LogDestination {
  write(line: string): void
}

export interface TelemetryOptions {
  readonly environment: Environment
  /** The application, or the host, in `service.name` and in every log line. */
  readonly service: string
  readonly version?: string | undefined
  /** Which of several hosts this is: `service.instance.id`. */
  readonly instance?: string | undefined
  /** Base URL of an OTLP/HTTP receiver (`OTEL_EXPORTER_OTLP_ENDPOINT`); without one no span is recorded. */
  readonly otlpEndpoint?: string | undefined
  /** Share of the traces that start here and are exported, 0 to 1. Default: 1. */
  readonly traceRatio?: number | undefined
  /** Default: `info`. */
  readonly logLevel?: LogLevel | undefined
  /** Default: `readable` on a terminal, else JSON lines. */
  readonly logFormat?: 'json' | 'readable' | undefined
  /** Default: standard output. */
  readonly logDestination?: LogDestination | undefined
  /** Names of further fields that never appear in a log or a span, in any spelling of case. */
  readonly redact?: readonly string[] | undefined
}
