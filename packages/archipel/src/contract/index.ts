export { asyncApi } from './asyncapi/asyncapi.ts'
export { accessAlternatives, anyOf, owner, ownerFields, roles, scope } from './access.ts'
export { download, upload } from './byte-operations.ts'
export { contract } from './building/contract.ts'
export { compareContracts } from './comparison/compare-contracts.ts'
export { contractOf, describeContract } from './description/describe-contract.ts'
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
export { jsonSchemaOf } from './json-schema/json-schema.ts'
export { checkPaths, openApi } from './openapi/openapi.ts'
export { command, query, stream } from './operations.ts'
export { page } from './page.ts'
export { MASKED, maskPersonal, personalTexts } from './personal.ts'
export { canonicalJson } from './validation/canonical-json.ts'
export { coerceText } from './validation/coerce-text.ts'
export { formatPath } from './validation/path.ts'
export { unknownFields } from './validation/unknown-fields.ts'
export { createValidator, inputInvalid, validateInput } from './validation/validate.ts'

export type { AsyncApiOptions, AsyncApiSubscription } from './asyncapi/asyncapi.ts'
export type { AsyncApiDocument } from './asyncapi/document.ts'
export type { AccessAlternative } from './access.ts'
export type { ContractFault } from './building/fault.ts'
export type { ContractOptions } from './building/contract.ts'
export type { ChangeDirection, ContractChange } from './comparison/changes.ts'
export type { ContractDescription } from './description/describe-contract.ts'
export type { DeclarableKind, DeclareError } from './error-definitions.ts'
export type { EventOptions, PublishedEvents, StringFieldOf } from './events.ts'
export type { HttpOptions } from './http-binding.ts'
export type { JsonSchema, JsonSchemaObject, SchemaDirection } from './json-schema/json-schema.ts'
export type {
  OpenApiDocument,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiResponse,
} from './openapi/document.ts'
export type { OpenApiOptions } from './openapi/openapi.ts'
export type { DownloadOptions, UploadOptions } from './byte-operations.ts'
export type { DetailsOf, OperationOptions } from './define-operation.ts'
export type { CommandOptions, QueryOptions } from './operations.ts'
export type { Page, PageInput, PageRequest } from './page.ts'
export type {
  Access,
  AccessOf,
  AnySchema,
  BytesRule,
  CacheRule,
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
export type { TextFields } from './validation/coerce-text.ts'
export type { Issue, Validation, Validator } from './validation/validate.ts'
