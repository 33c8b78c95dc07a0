export { ArchipelError, isArchipelError } from './archipel-error.ts'
export { ERROR_CATALOGUE, frameworkError } from './catalogue.ts'
export { isJsonObject } from './json.ts'
export { ERROR_KINDS, isErrorKind } from './kinds.ts'

export type { ArchipelErrorOptions, Effect } from './archipel-error.ts'
export type { FrameworkErrorCode, FrameworkErrorOptions } from './catalogue.ts'
export type { JsonObject, JsonValue } from './json.ts'
export type { ErrorKind } from './kinds.ts'
