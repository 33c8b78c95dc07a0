import { frameworkError } from '../errors/index.ts'
import type { GatewayDefinition, GatewayLimits, GatewayOptions } from './options.ts'

const DEFAULT_LIMITS: GatewayLimits = {
  bodyBytes: 1_048_576,
  jsonDepth: 32,
  deadlineMs: 10_000,
  streams: 1_000,
  streamsOfOne: 100,
  transfers: 500,
  heartbeatMs: 15_000,
}

/** States the front door of an application. @throws ARC_CONFIGURATION_INVALID with the path of a wrong option. */
export function gateway(options: GatewayOptions = {}): GatewayDefinition {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const prefix = options.prefix ?? '/api/v1'
  const issues = Object.entries(limits)
    .filter(([, value]) => !Number.isSafeInteger(value) || value < 1)
    .map(([name, value]) => ({
      path: `gateway.limits.${name}`,
      message: `${value} is no whole number of at least 1`,
    }))
  if (!/^(?:\/[a-zA-Z0-9._~-]+)*$/.test(prefix)) {
    issues.push({
      path: 'gateway.prefix',
      message: `'${prefix}' must be plain segments, each after a slash, such as '/api/v1'`,
    })
  }
  if (issues.length > 0) {
    throw frameworkError('ARC_CONFIGURATION_INVALID', 'the gateway can not be as it is stated', {
      details: { issues },
    })
  }
  return Object.freeze({ tokens: options.tokens, limits: Object.freeze(limits), prefix })
}
