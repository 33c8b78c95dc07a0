export type {
  CallBounds,
  CallMetadata,
  CallRequest,
  Endpoint,
  ForwardAttempt,
  JsonValue,
  Principal,
  StreamItem,
  Transport,
  WireError,
} from './types.ts'
