export { application, runApplication, startApplication } from './application/index.ts'
export {
  anyOf,
  command,
  compareContracts,
  conflict,
  contract,
  download,
  event,
  forbidden,
  invalid,
  limited,
  notFound,
  owner,
  page,
  query,
  refused,
  roles,
  scope,
  stream,
  timedOut,
  tooLarge,
  unauthenticated,
  unavailable,
  unsupported,
  upload,
} from './contract/index.ts'
export { systemEnvironment } from './environment/index.ts'
export { ArchipelError, isArchipelError } from './errors/index.ts'
export { gateway } from './gateway/index.ts'
export { component, operatorAccess, operatorOperation } from './host/index.ts'
export { binaryMessage, eventOfMessage, structuredMessage } from './messaging/index.ts'
export { activity, saga } from './saga/index.ts'
export { service } from './service/index.ts'
export { isUniqueViolation, sql } from './storage/index.ts'

export type {
  Application,
  ClientOptions,
  Place,
  RunningApplication,
  RunOptions,
  Seams,
  SettingFault,
  StartOptions,
} from './application/index.ts'
export type { Client, Download, Principal, UploadBody } from './call/index.ts'
export type { Contract, ContractChange } from './contract/index.ts'
export type { Duration, Environment, FaultPoints } from './environment/index.ts'
export type { ErrorKind, JsonObject, JsonValue } from './errors/index.ts'
export type { Component, OperatorOperations } from './host/index.ts'
export type { CloudEvent, EventLog, EventMessage, InboxStore } from './messaging/index.ts'
export type {
  CommandContext,
  DownloadAnswer,
  DownloadContext,
  EventContext,
  EventScope,
  HandledEvent,
  PageContext,
  PrepareContext,
  ReceivedBody,
  UploadContext,
} from './service/index.ts'
export type {
  ConnectionConfig,
  Queryable,
  ReadDatabase,
  ServiceDatabase,
  SqlStatement,
  WriteDatabase,
} from './storage/index.ts'
