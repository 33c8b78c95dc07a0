export { gateway } from './gateway.ts'

export type { GatewayDefinition, GatewayLimits, GatewayOptions, TokenOptions } from './options.ts'
