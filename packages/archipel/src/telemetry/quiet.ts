import { passingSpan } from './passing-span.ts'
import type { Log, Telemetry } from './types.ts'

const nothing = () => undefined
const quietLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, with: () => quietLog }

/** Records nothing and still hands on the traces of others: for tests and for parts that run alone. */
export function quietTelemetry(): Telemetry {
  return {
    silent: true,
    log: quietLog,
    span: (_name, _kind, parent) => passingSpan(parent),
    counter: () => ({ add: nothing, of: () => ({ add: nothing }) }),
    histogram: () => ({ record: nothing, of: () => ({ record: nothing }) }),
    gauge: nothing,
    exposition: async () => '',
    close: async () => undefined,
  }
}
