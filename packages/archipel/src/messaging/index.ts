export type { BusConnection, MessagingOptions, MessagingSettings } from './options.ts'
export type {
  ChangeHints,
  DeadLetterPage,
  DeadLetterSelection,
  Messaging,
  MessagingOperations,
  OperatorAction,
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
  SubscriptionDefinition,
} from './types.ts'
