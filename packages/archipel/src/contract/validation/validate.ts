// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every schema and operation fits, and none leaves as a value.
import { frameworkError, type ArchipelError } from '../../errors/index.ts'
import { jsonSchemaOf } from '../json-schema/json-schema.ts'
import type { AnySchema, Schema } from '../types.ts'
import { dropUndefined, mayLeaveOut } from './drop-undefined.ts'
import { formatPath } from './path.ts'
import { dropUnknownFields } from './unknown-fields.ts'
import { ASK_ZOD, compileShortcut, type Shortcut } from './zod-shortcut.ts'

/** One thing that is wrong with a value. */
export interface Issue {
  /** `lines[0].quantity`; empty for the value as a whole. */
  readonly path: string
  readonly message: string
}

/** A copy that fits the schema, or what is wrong. */
export type Validation<TValue> =
  | { readonly value: TValue; readonly issues?: undefined }
  | { readonly value?: undefined; readonly issues: readonly Issue[] }

export type Validator<TValue> = (value: unknown) => Validation<TValue>

type Standard = AnySchema['~standard']
type StandardIssue = NonNullable<Awaited<ReturnType<Standard['validate']>>['issues']>[number]

/**
 * Compiles the check of a schema, to be kept: with defaults filled in, fields that the schema doesn't name or that
 * are `undefined` dropped, and never an object shared with the value that was given. Zod copies and drops by itself;
 * for other vendors the value is copied through JSON text and the result is cut by the JSON Schema.
 */
export function createValidator<TValue>(schema: Schema<any, TValue>): Validator<TValue> {
  const validate = validatorOf(schema)
  return schema['~standard'].vendor === 'zod'
    ? zodValidator(schema, validate)
    : copyingValidator(validate, schema)
}

function validatorOf<TValue>(schema: Schema<any, TValue>): Validator<TValue> {
  const standard = schema['~standard']
  return (value) => checked(standard, value)
}

/** Compiled when the first value comes: most schemas of an application aren't used in its first seconds. */
function zodValidator<TValue>(schema: Schema<any, TValue>, validate: Validator<TValue>): Validator<TValue> {
  let complete = validate
  let shortcut: Shortcut<TValue> | undefined
  function compile(): Shortcut<TValue> {
    const dropping = mayLeaveOut(jsonSchemaOf(schema, 'output'))
    if (dropping) complete = droppingValidator(validate)
    return compileShortcut(schema, (part) => zodPart(part, dropping)) ?? (() => ASK_ZOD)
  }
  return (value) => {
    shortcut ??= compile()
    const copy = shortcut(value)
    return copy === ASK_ZOD ? complete(value) : { value: copy }
  }
}

function zodPart(part: AnySchema, dropping: boolean): Shortcut<unknown> {
  const validate = dropping ? droppingValidator(validatorOf(part)) : validatorOf(part)
  return (value) => {
    const result = validate(value)
    return result.issues === undefined ? result.value : ASK_ZOD
  }
}

function droppingValidator<TValue>(validate: Validator<TValue>): Validator<TValue> {
  return (value) => {
    const result = validate(value)
    if (result.issues === undefined) dropUndefined(result.value)
    return result
  }
}

function checked<TValue>(standard: Schema<any, TValue>['~standard'], value: unknown): Validation<TValue> {
  const result = standard.validate(value)
  if (result instanceof Promise) return refuseAsync(result)
  return result.issues === undefined ? result : { issues: result.issues.map(readableIssue) }
}

// Compiled once per schema; depends on nothing but the schema, which never changes.
const compiled = new WeakMap<object, Validator<unknown>>()

/** Validates once, by a check that is compiled at the first use; hot paths keep {@link createValidator}'s. */
export function validateInput<TValue>(schema: Schema<any, TValue>, value: unknown): Validation<TValue>
export function validateInput(schema: AnySchema, value: unknown): Validation<unknown> {
  let validate = compiled.get(schema)
  if (validate === undefined) {
    validate = createValidator(schema)
    compiled.set(schema, validate)
  }
  return validate(value)
}

/** The error of an input that doesn't fit: names every field. */
export function inputInvalid(issues: readonly Issue[]): ArchipelError {
  const listed = issues.map(({ path, message }) => ({ path, message }))
  const first = listed[0]
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `
  const more = listed.length > 1 ? ` (and ${listed.length - 1} more)` : ''
  return frameworkError('ARC_INPUT_INVALID', `${where}${first?.message ?? 'not valid'}${more}`, {
    details: { issues: listed },
  })
}

function copyingValidator<TValue>(validate: Validator<TValue>, schema: AnySchema): Validator<TValue> {
  const cut = dropUnknownFields(jsonSchemaOf(schema, 'output'))
  return (value) => {
    const copy = jsonCopy(value)
    if (copy.issues !== undefined) return copy
    const result = validate(copy.value)
    if (result.issues === undefined) cut(result.value)
    return result
  }
}

function jsonCopy(value: unknown): Validation<unknown> {
  try {
    const text = JSON.stringify(value)
    return { value: text === undefined ? undefined : JSON.parse(text) }
  } catch (error) {
    return {
      issues: [
        { path: '', message: `is not JSON: ${error instanceof Error ? error.message : String(error)}` },
      ],
    }
  }
}

function readableIssue({ path, message }: StandardIssue): Issue {
  const segments = (path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment))
  return { path: formatPath(segments), message }
}

function refuseAsync(pending: Promise<unknown>): never {
  pending.catch(() => undefined)
  throw frameworkError(
    'ARC_CONTRACT_INVALID',
    'A schema validates asynchronously, or one of its own checks throws: validation does no I/O and reports instead of throwing',
  )
}
