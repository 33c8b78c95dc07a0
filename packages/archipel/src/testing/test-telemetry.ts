import type { Environment } from '../environment/index.ts'
import { createTelemetry, quietTelemetry, type Telemetry, type TelemetryOptions } from '../telemetry/index.ts'

/** Where log lines and traces of a test go. */
export type TestTelemetry = Telemetry | Pick<TelemetryOptions, 'otlpEndpoint' | 'logDestination' | 'logLevel'>

/** What a test says: whoever takes log lines and traces, or where they go. Default: warnings to standard error. */
export async function telemetryOf(
  name: string,
  telemetry: TestTelemetry | undefined,
  environment: Environment,
): Promise<Telemetry> {
  if (telemetry === undefined)
    return process.env['ARCHIPEL_TEST_LOG'] === 'silent' ? quietTelemetry() : warnings(name, environment)
  return 'span' in telemetry
    ? telemetry
    : createTelemetry({ logFormat: 'json', ...telemetry, environment, service: name })
}

function warnings(service: string, environment: Environment): Promise<Telemetry> {
  return createTelemetry({
    environment,
    service,
    logLevel: 'warn',
    logFormat: 'readable',
    logDestination: { write: (line) => void process.stderr.write(line) },
  })
}
