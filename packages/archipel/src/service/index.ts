export { bindService } from './bind.ts'
export { service } from './service.ts'

export type {
  CommandContext,
  DownloadAnswer,
  DownloadContext,
  EventContext,
  EventScope,
  HandledEvent,
  PageContext,
  PrepareContext,
  UploadContext,
} from './handler-types.ts'
export type { ReceivedBody } from './received-body.ts'
export type { BoundService, ServiceRuntime } from './runtime.ts'
export type {
  AnyService,
  CompleteServices,
  ErasedHandler,
  OperationImplementation,
  Service,
  SubscriptionOptions,
} from './types.ts'
