export { component } from './component.ts'
export { failureText } from './failure-text.ts'
export { createHost } from './host.ts'
export {
  answerHeaders,
  JSON_TYPE,
  send,
  sendEmpty,
  sendMethodNotAllowed,
  sendProblem,
} from './http/answer.ts'
export { answerLive, answerReady } from './http/probes.ts'
export { namesEntityTag } from './http/conditions.ts'
export { incomingBytes } from './http/incoming-bytes.ts'
export { createHttpDoor } from './http/door.ts'
export { problemOf } from './http/problem.ts'
export { createInputReader } from './http/operation-input.ts'
export { rangeOf } from './http/ranges.ts'
export { createRouter } from './http/router.ts'
export { parseStrictJson } from './http/strict-json.ts'
export { createOperationsDoor } from './operations/door.ts'
export { actionInput, operatorAccess, operatorOperation } from './operations/operation.ts'
export { DEFAULT_TIMEOUTS } from './http/server.ts'
export { runHost } from './run-host.ts'

export type { Component, Lifecycle, OperatorOperations } from './component.ts'
export type { Host, HostHealth, HostOptions } from './host.ts'
export type { Exchange } from './http/answer.ts'
export type { HttpDoor } from './http/door.ts'
export type { ByteRange } from './http/ranges.ts'
export type { DoorTimeouts } from './http/server.ts'
export type { InputLimits, InputReader } from './http/operation-input.ts'
export type { Match, RouteEntry, Router } from './http/router.ts'
export type { Target } from './http/target.ts'
export type { OperationsDoorOptions } from './operations/door.ts'
export type { OperatorAction, OperatorContext, OperatorOperation } from './operations/operation.ts'
export type { RunningProcess } from './run-host.ts'
