export { createBoundsSource, remainingMs, requireTime } from './bounds.ts'
export { createClient, createQueryClientFactory } from './client.ts'
export { createEndpointDirectory } from './endpoint-directory.ts'
export { createLocalTransport } from './local-transport.ts'
export { createPipeline } from './pipeline.ts'
export { firstOf } from './race.ts'
export { carriedError, decodeError, encodeError, redactedError } from './wire.ts'
export { wireForced } from './wire-forced.ts'

export type { BoundsSource, OwnedBounds } from './bounds.ts'
export type {
  Client,
  ClientItem,
  DeclaredError,
  OperationError,
  QueryClient,
  TryResult,
} from './client-types.ts'
export type { EndpointDirectory } from './endpoint-directory.ts'
export type {
  CallOptions,
  CallPipeline,
  CallTarget,
  Outbound,
  SendOptions,
  StreamOptions,
} from './outbound.ts'
export type { PipelineOptions } from './pipeline.ts'
export type { UploadBody } from './upload-body.ts'
export type { WireForcedOptions } from './wire-forced.ts'
export type {
  CallBounds,
  CallMetadata,
  CallRequest,
  Download,
  Endpoint,
  ForwardAttempt,
  IncomingBody,
  JsonValue,
  Principal,
  StreamItem,
  Transport,
  WireError,
} from './types.ts'
