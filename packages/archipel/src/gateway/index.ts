export { createGateway } from './create-gateway.ts'
export { gateway } from './gateway.ts'
export { jwtAuthenticator } from './tokens/jwt-authenticator.ts'

export type { CreateGatewayOptions } from './create-gateway.ts'
export type { GatewayDefinition, GatewayLimits, GatewayOptions, TokenOptions } from './options.ts'
export type { Authenticate, JwtOptions } from './tokens/jwt-authenticator.ts'
export type { KeySource } from './tokens/key-set.ts'
