export { accessAlternatives, anyOf, owner, ownerFields, roles, scope } from './access.ts'
export { contract } from './contract.ts'
export {
  conflict,
  forbidden,
  invalid,
  limited,
  notFound,
  refused,
  timedOut,
  tooLarge,
  unauthenticated,
  unavailable,
  unsupported,
} from './error-definitions.ts'
export { event } from './events.ts'
export { command, query, stream } from './operations.ts'
export { page } from './page.ts'

export type { AccessAlternative } from './access.ts'
export type { ContractOptions } from './contract.ts'
export type { DeclarableKind, DeclareError } from './error-definitions.ts'
export type { EventOptions, PublishedEvents, StringFieldOf } from './events.ts'
export type { HttpOptions } from './http-binding.ts'
export type { CommandOptions, DetailsOf, OperationOptions, QueryOptions } from './operations.ts'
export type { Page } from './page.ts'
export type {
  Access,
  AccessOf,
  AnySchema,
  CallerInputOf,
  Contract,
  DataOf,
  ErrorDefinition,
  ErrorsOf,
  EventDefinition,
  Events,
  HttpBinding,
  HttpMethod,
  InputOf,
  NamesOfKind,
  Operation,
  OperationKind,
  Operations,
  OutputOf,
  PublishedEventType,
  Schema,
} from './types.ts'
