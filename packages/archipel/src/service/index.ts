export { bindService } from './bind.ts'
export { service } from './service.ts'

export type {
  CommandContext,
  ErrorFactories,
  EventContext,
  EventPublishers,
  HandledEvent,
  PrepareContext,
  QueryContext,
  StreamContext,
} from './handler-types.ts'
export type { BoundService, ServiceRuntime } from './runtime.ts'
export type {
  AnyService,
  CompleteService,
  CompleteServices,
  Service,
  ServiceDefinition,
  ServiceOptions,
  SubscriptionOptions,
} from './types.ts'
