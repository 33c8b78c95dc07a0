import {
  mapSchema,
  partsOf,
  rawJsonSchema,
  typesOf,
  type JsonSchema,
  type JsonSchemaObject,
  type SchemaDirection,
} from '../json-schema/json-schema.ts'
import { isObjectSchema } from '../json-schema/fields.ts'
import type { AnySchema } from '../types.ts'
import { canonicalJson } from '../validation/canonical-json.ts'
import type { ReportFault } from './fault.ts'
import { FORBIDDEN_FIELDS } from './names.ts'
import { reportZodFaults } from './zod-faults.ts'

/** Keywords in which the two directions of one schema must agree; they may differ in defaults and in how narrow they are. */
const STRUCTURE = new Set([
  'properties',
  'patternProperties',
  'items',
  'prefixItems',
  'anyOf',
  'oneOf',
  'allOf',
  '$ref',
  '$defs',
])
const SAYS_SOMETHING = [
  'const',
  'enum',
  'anyOf',
  'oneOf',
  '$ref',
  'not',
  'properties',
  'items',
  'prefixItems',
] as const

/**
 * Reports what can't travel as JSON, by means that hold for any vendor (its JSON Schema) and, for Zod, by its
 * definition too. Gives the JSON Schema of the direction asked for when nothing is wrong with it.
 */
export function reportSchemaFaults(
  schema: AnySchema | undefined,
  direction: SchemaDirection,
  path: string,
  report: ReportFault,
): JsonSchemaObject | undefined {
  if (!isStandardSchema(schema)) {
    report(
      path,
      'it is no schema',
      'Give a Standard Schema that can describe itself as JSON Schema, such as z.object({ … }) of Zod 4.',
    )
    return undefined
  }
  let found = false
  const note: ReportFault = (place, message, advice) => {
    found = true
    report(place, message, advice)
  }
  const alike = schema['~standard'].vendor === 'zod' && reportZodFaults(schema, path, note)
  if (found) return undefined
  const shape = convert(schema, direction, path, note)
  if (shape === undefined) return undefined
  reportUnknownParts(shape, path, note, new Set(), false)
  if (!found && !alike) reportDifference(schema, direction, shape, path, note)
  return found ? undefined : shape
}

function reportDifference(
  schema: AnySchema,
  direction: SchemaDirection,
  shape: JsonSchemaObject,
  path: string,
  report: ReportFault,
): void {
  const other = convert(schema, direction === 'input' ? 'output' : 'input', path, report)
  if (other === undefined || comparable(shape) === comparable(other)) return
  report(
    path,
    'a caller and a handler would see different values',
    'Describe the JSON that travels, and transform in the handler.',
  )
}

/** The same for what has to be an object, so that it can gain fields. */
export function reportObjectFaults(
  schema: AnySchema,
  direction: SchemaDirection,
  path: string,
  report: ReportFault,
): JsonSchemaObject | undefined {
  const shape = reportSchemaFaults(schema, direction, path, report)
  if (shape === undefined || isObjectSchema(shape)) return shape
  report(path, 'it is no object: it could never gain a field', 'Put the value in a field: z.object({ … }).')
  return undefined
}

/** Whether a value validates and describes itself as the two standards say. */
function isStandardSchema(schema: unknown): schema is AnySchema {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return false
  const standard: unknown = Reflect.get(schema, '~standard')
  if (typeof standard !== 'object' || standard === null) return false
  return (
    typeof Reflect.get(standard, 'validate') === 'function' &&
    typeof Reflect.get(standard, 'jsonSchema') === 'object'
  )
}

function convert(
  schema: AnySchema,
  direction: SchemaDirection,
  path: string,
  report: ReportFault,
): JsonSchemaObject | undefined {
  try {
    return rawJsonSchema(schema, direction)
  } catch (error) {
    report(
      path,
      `it has no JSON Schema: ${error instanceof Error ? error.message : String(error)}`,
      'Use only types that JSON has.',
    )
    return undefined
  }
}

/** A part of a union or an `allOf` adds to what is said around it: a pattern alone is one rule more for a text. */
function reportUnknownParts(
  part: JsonSchema,
  path: string,
  report: ReportFault,
  seen: Set<JsonSchema>,
  saidAround: boolean,
): void {
  if (part === false || (part === true && saidAround)) return
  if (part === true || (!saidAround && !saysSomething(part)))
    return report(path, 'an unknown part can be anything', 'Describe it.')
  if (seen.has(part)) return
  seen.add(part)
  if (part['contentEncoding'] === 'binary')
    return report(path, 'bytes are not JSON', 'Use a short text in base64, or an upload.')
  for (const name of Object.keys(part.properties ?? {})) {
    if (FORBIDDEN_FIELDS.has(name))
      report(`${path}.${name}`, `'${name}' is a reserved name`, 'Choose another name for the field.')
  }
  const said = saidAround || typesOf(part).length > 0 || (part.allOf ?? []).some(saysSomething)
  for (const [name, inner] of partsOf(part)) {
    const isSameValue = name === '' && inner !== part.properties?.['']
    const place = name === '' || /^[[{]/.test(name) ? path + name : `${path}.${name}`
    reportUnknownParts(inner, place, report, seen, isSameValue && said)
  }
  for (const [name, inner] of Object.entries(part.$defs ?? {}))
    reportUnknownParts(inner, `${path}.$defs.${name}`, report, seen, false)
}

function saysSomething(part: JsonSchema): boolean {
  if (typeof part === 'boolean') return !part
  return (
    typesOf(part).length > 0 ||
    SAYS_SOMETHING.some((keyword) => part[keyword] !== undefined) ||
    (part.allOf ?? []).some(saysSomething)
  )
}

function comparable(schema: JsonSchemaObject): string {
  return canonicalJson(
    mapSchema(schema, (part) => {
      const structure = Object.entries(part).filter(([keyword]) => STRUCTURE.has(keyword))
      const types = typesOf(part).map((type) => (type === 'integer' ? 'number' : type))
      return Object.fromEntries([...structure, ['type', types.toSorted()]])
    }),
  )
}
