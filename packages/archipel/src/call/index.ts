export { createBoundsSource, requireTime } from './bounds.ts'
export { createClient, createQueryClientFactory } from './client.ts'
export { createEndpointDirectory } from './endpoint-directory.ts'
export { createLocalTransport } from './local-transport.ts'
export { createPipeline } from './pipeline.ts'
export { firstOf } from './race.ts'
export { redactedError } from './wire.ts'
export { wireForced } from './wire-forced.ts'

export type { BoundsSource } from './bounds.ts'
export type { Client, ClientItem, DeclaredError, QueryClient } from './client-types.ts'
export type { CallOptions, CallPipeline, Outbound } from './outbound.ts'
export type { UploadBody } from './upload-body.ts'
export type {
  CallBounds,
  CallMetadata,
  CallRequest,
  Download,
  Endpoint,
  ForwardAttempt,
  IncomingBody,
  Principal,
  StreamItem,
  Transport,
} from './types.ts'
