export { bindService } from './bind.ts'
export { service } from './service.ts'

export type {
  CommandContext,
  DownloadAnswer,
  DownloadContext,
  ErrorFactories,
  EventContext,
  EventPublishers,
  EventScope,
  HandledEvent,
  PageContext,
  PrepareContext,
  QueryContext,
  StreamContext,
  UploadContext,
} from './handler-types.ts'
export type { ReceivedBody } from './received-body.ts'
export type { BoundService, ServiceRuntime } from './runtime.ts'
export type {
  AnyService,
  CompleteService,
  CompleteServices,
  ErasedHandler,
  OperationImplementation,
  Service,
  ServiceDefinition,
  ServiceOptions,
  SubscriptionOptions,
} from './types.ts'
