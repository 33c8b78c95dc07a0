export { createGateway } from './create-gateway.ts'
export { gateway } from './gateway.ts'
export { jwtAuthenticator } from './tokens/jwt-authenticator.ts'

export type { CreateGatewayOptions } from './create-gateway.ts'
export type { GatewayDefinition, GatewayOptions, TokenOptions } from './options.ts'
export type { Authenticate } from './tokens/jwt-authenticator.ts'
