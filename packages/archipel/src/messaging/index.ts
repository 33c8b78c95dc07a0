export { busMigrations } from './brokers/embedded/bus-migrations.ts'
export { createEventLog } from './brokers/embedded/event-log.ts'
export { inboxMigrations } from './inbox/inbox-migrations.ts'
export { createInboxStore } from './inbox/inbox-store.ts'
export { cloudEventOf } from './cloud-events/cloud-event.ts'
export { binaryMessage, eventOfMessage, structuredMessage } from './cloud-events/http-form.ts'
export { createMessaging } from './messaging.ts'
export { createEventReader } from './operations/event-reader.ts'
export { pageOverServices } from './operations/page-over-services.ts'

export type { CloudEvent } from './cloud-events/cloud-event.ts'
export type { EventMessage } from './cloud-events/http-form.ts'
export type { MessagingOptions } from './options.ts'
export type { ChangeHints, EventDelivery, Messaging, MessagingOperations, OperatorAction } from './port.ts'
export type {
  DeadLetter,
  DeliveryCounters,
  EventLog,
  InboxStore,
  Leftovers,
  LoggedEvent,
  OutboundEvent,
  SubscriptionDefinition,
} from './types.ts'
