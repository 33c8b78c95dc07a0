import type { TelemetryOptions } from './options.ts'
import type { Telemetry } from './types.ts'

export async function createTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  throw new Error(`not yet: ${options.service}`)
}
