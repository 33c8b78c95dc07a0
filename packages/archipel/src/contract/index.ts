export { asyncApi } from './asyncapi/asyncapi.ts'
export { absenceOf, accessAlternatives, anyOf, owner, ownerFields, roles, scope } from './access.ts'
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

export type { AsyncApiDocument } from './asyncapi/document.ts'
export type { AccessAlternative } from './access.ts'
export type { ContractChange } from './comparison/changes.ts'
export type { ContractDescription } from './description/describe-contract.ts'
export type { JsonSchema } from './json-schema/json-schema.ts'
export type { Page } from './page.ts'
export type {
  Access,
  AccessOf,
  AnySchema,
  BytesRule,
  CallerInputOf,
  Contract,
  DataOf,
  ErrorDefinition,
  ErrorsOf,
  EventDefinition,
  Events,
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
export type { Issue, Validator } from './validation/validate.ts'
