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
  /** Which of several hosts this is: `service.instance.id`. */
  readonly instance?: string | undefined
  /** Base URL of an OTLP/HTTP receiver (`OTEL_EXPORTER_OTLP_ENDPOINT`); without one no span is recorded. */
  readonly otlpEndpoint?: string | undefined
  /** Default: `info`. */
  readonly logLevel?: LogLevel | undefined
  /** Default: `readable` on a terminal, else JSON lines. */
  readonly logFormat?: 'json' | 'readable' | undefined
  /** Default: standard output. */
  readonly logDestination?: LogDestination | undefined
}
