export { createTelemetry } from './create-telemetry.ts'
export { quietTelemetry } from './quiet.ts'
export { hidingLog, redaction, withoutTexts } from './redact.ts'
export { isTraceparent, newTraceparent } from './traceparent.ts'

export type { TelemetryOptions } from './options.ts'
export type { Counter, Histogram, Log, LogFields, Span, Telemetry } from './types.ts'
