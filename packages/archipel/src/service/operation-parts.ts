import { redactedError, type CallMetadata, type CallRequest } from '../call/index.ts'
import {
  absenceOf,
  createValidator,
  inputInvalid,
  type Operation,
  type Validator,
} from '../contract/index.ts'
import { asError, frameworkError, isArchipelError, type ArchipelError, type Effect } from '../errors/index.ts'
import { createAccessCheck, hidden, type AccessCheck } from './access.ts'
import { createErrorFactories } from './error-factories.ts'
import { OperationMeter } from './operation-meter.ts'
import { errorOfRefusedValue } from './refused-values.ts'
import type { ServiceParts } from './service-parts.ts'

/** What every call of one operation needs, compiled once. */
export interface OperationParts {
  readonly service: ServiceParts
  readonly name: string
  /** `orders.placeOrder`, for logs and traces. */
  readonly path: string
  readonly definition: Operation
  readonly access: AccessCheck
  readonly errors: ReturnType<typeof createErrorFactories>
  /** Undefined where nothing is measured. */
  readonly meter: OperationMeter | undefined
  /** @throws ARC_INPUT_INVALID. Always a copy. */
  input(value: unknown): unknown
  /** @throws ARC_OUTPUT_INVALID. Always a copy, cut to what the contract names. */
  output(value: unknown): unknown
  /** What is said of a thing that is somebody else's: just what is said of one that doesn't exist. */
  absent(): ArchipelError
}

export function createOperationParts(
  service: ServiceParts,
  name: string,
  definition: Operation,
): OperationParts {
  const path = `${service.name}.${name}`
  const validateInput: Validator<unknown> = createValidator(definition.input)
  const validateOutput: Validator<unknown> = createValidator(definition.output)
  const errors = createErrorFactories({ service: service.name, path }, definition.errors)
  return {
    service,
    name,
    path,
    definition,
    access: createAccessCheck(definition.access),
    errors,
    meter: service.measure && new OperationMeter(service.measure, service.name, name),
    input(value) {
      const { value: input, issues } = validateInput(value)
      if (issues !== undefined) throw inputInvalid(issues)
      return input
    },
    output(value) {
      const { value: output, issues } = validateOutput(value)
      if (issues === undefined) return output
      const list = issues.slice(0, 5).map((issue) => `${issue.path || 'the answer'}: ${issue.message}`)
      throw frameworkError(
        'ARC_OUTPUT_INVALID',
        `The answer of ${path} does not fit its contract: ${list.join('; ')}`,
      )
    },
    absent: absentOf(definition, errors),
  }
}

/** What the handler throws for a missing thing: a different answer would tell that the thing exists. */
function absentOf(definition: Operation, errors: OperationParts['errors']): () => ArchipelError {
  const code = absenceOf(definition)
  return () => (code === undefined ? undefined : errors[code]?.()) ?? hidden()
}

/** Whether an error is one that the contract of this operation declares. */
export function isDeclared(parts: OperationParts, error: unknown): error is ArchipelError {
  return (
    isArchipelError(error) &&
    error.declaredBy === parts.service.name &&
    Object.hasOwn(parts.definition.errors, error.code)
  )
}

const PASSED_ON: readonly string[] = ['unavailable', 'limited', 'timed-out', 'cancelled']

/**
 * What a caller may know of an error out of a handler: what the contract declares, and that something isn't available
 * now. Anything else, also a declared error of somebody else that the handler let through, is logged and redacted.
 */
export function errorOfHandler(
  parts: OperationParts,
  error: unknown,
  request: Pick<CallRequest, 'input' | 'metadata'>,
): ArchipelError {
  if (isDeclared(parts, error)) return error
  if (isArchipelError(error) && error.declaredBy === undefined && PASSED_ON.includes(error.kind)) return error
  return refusedValue(parts, error, request) ?? redacted(parts, error, request.metadata)
}

/** The caller is told what to mend; who runs the service, that its contract promises more than its tables hold. */
function refusedValue(
  parts: OperationParts,
  error: unknown,
  request: Pick<CallRequest, 'input' | 'metadata'>,
): ArchipelError | undefined {
  const refusal = errorOfRefusedValue(parts.service.name, error, request)
  if (refusal === undefined) return undefined
  parts.service.runtime.telemetry.log.warn(
    `${parts.path} was given a value that its database refuses: narrow the schema of its input, or the ids of its callers`,
    { operation: parts.path, correlationId: request.metadata.correlationId, reason: refusal.message },
  )
  return refusal
}

/**
 * What a caller may know of an error out of the framework around a handler.
 * @param effect of what doesn't say it itself: whether the work may have happened when it was thrown
 */
export function errorOfFramework(
  parts: OperationParts,
  error: unknown,
  metadata: CallMetadata,
  effect: Effect = 'none',
): ArchipelError {
  return isArchipelError(error) && error.kind !== 'internal'
    ? error
    : redacted(parts, error, metadata, effect)
}

/** What to write where an error was meant for the caller and isn't one that may leave. */
function adviceFor({ path, service, errors }: OperationParts, error: unknown): string | undefined {
  if (typeof error === 'function') {
    const code = Object.keys(errors).find((name) => errors[name] === error)
    return `${path} threw a function${code === undefined ? '' : `: write errors.${code}(…), which makes the error`}`
  }
  if (!isArchipelError(error) || error.declaredBy === undefined) return undefined
  const { code, declaredBy } = error
  return declaredBy === service.name
    ? `${path} does not declare ${code}, which another operation of ${service.name} does: write it into this one's errors as well`
    : `${path} let through ${code} of ${declaredBy}, which ${path}'s callers don't know: ask with .try, or catch it, and throw an error of its own`
}

/** Marks what was logged and redacted already on its way out. */
const REDACTED = 'ARC_INTERNAL'

function redacted(
  parts: OperationParts,
  error: unknown,
  { correlationId }: CallMetadata,
  effect: Effect = 'none',
): ArchipelError {
  if (isArchipelError(error) && error.code === REDACTED && error.details?.['correlationId'] === correlationId)
    return error
  const advice = adviceFor(parts, error)
  parts.service.runtime.telemetry.log.error(`${parts.path} failed`, {
    operation: parts.path,
    correlationId,
    error: asError(error),
    ...(advice !== undefined && { advice }),
  })
  return redactedError(correlationId, isArchipelError(error) ? error.effect : effect, error)
}
