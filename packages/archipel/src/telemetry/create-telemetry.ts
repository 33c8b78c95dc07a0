import { createLog } from './logs.ts'
import { createMetrics } from './metrics.ts'
import type { TelemetryOptions } from './options.ts'
import { passingSpan } from './passing-span.ts'
import { redaction as redactionOf } from './redact.ts'
import { exportedTraces, type Traces } from './traces.ts'
import type { Telemetry } from './types.ts'

const passingTraces: Traces = {
  span: (_name, _kind, parent) => passingSpan(parent),
  close: async () => undefined,
}

/**
 * Traces, metrics and logs of one host, without anything global: two hosts in one process don't meet.
 * Spans are recorded only when there is an OTLP endpoint; without one they hand on the trace they were given.
 */
export async function createTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const redaction = redactionOf()
  const endpoint = options.otlpEndpoint
  const traces =
    endpoint === undefined || endpoint === ''
      ? passingTraces
      : await exportedTraces(options, endpoint, redaction)
  const log = createLog(options, redaction)
  return {
    log,
    ...createMetrics(),
    span: traces.span,
    close: () =>
      traces.close().catch((error: unknown) =>
        log.warn('the last spans were not exported', {
          error: error instanceof Error ? error : String(error),
        }),
      ),
  }
}
