export { busMigrations } from './brokers/embedded/bus-migrations.ts'
export { createEventLog } from './brokers/embedded/event-log.ts'
export { inboxMigrations } from './inbox/inbox-migrations.ts'
export { createInboxStore } from './inbox/inbox-store.ts'
export { cloudEventOf } from './cloud-events/cloud-event.ts'
export { binaryMessage, eventOfMessage, structuredMessage } from './cloud-events/http-form.ts'
export { createMessaging } from './messaging.ts'
export { createEventReader } from './operations/event-reader.ts'

export type { CloudEvent } from './cloud-events/cloud-event.ts'
export type { EventMessage } from './cloud-events/http-form.ts'
export type { BusConnection, MessagingOptions, MessagingSettings } from './options.ts'
export type {
  ChangeHints,
  DeadLetterPage,
  DeadLetterSelection,
  EventDelivery,
  EventFilter,
  Messaging,
  MessagingOperations,
  OperatorAction,
  SubscriptionState,
} from './port.ts'
export type {
  DeadLetter,
  DeliveryCounters,
  EventLog,
  InboxStore,
  Leftovers,
  LoggedEvent,
  OpenedPage,
  OutboundEvent,
  PublishedType,
  RegisteredSubscription,
  SubscriptionDefinition,
} from './types.ts'
