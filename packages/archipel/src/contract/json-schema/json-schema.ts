import type { AnySchema } from '../types.ts'

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = boolean | JsonSchemaObject

/** The keywords that Archipel reads; others travel along unread. */
export interface JsonSchemaObject {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema
  readonly propertyNames?: JsonSchema
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly [keyword: string]: unknown
}

export type SchemaDirection = 'input' | 'output'

const DRAFT = 'draft-2020-12'
const ONE = [
  'items',
  'additionalProperties',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
] as const
const LISTS = ['prefixItems', 'anyOf', 'oneOf', 'allOf'] as const
const MAPS = ['properties', 'patternProperties', '$defs', 'dependentSchemas'] as const

/** The JSON Schema as the vendor gives it; throws what the vendor throws when there is none. */
export function rawJsonSchema(schema: AnySchema, direction: SchemaDirection): JsonSchemaObject {
  const { $schema: _, ...rest } = schema['~standard'].jsonSchema[direction]({ target: DRAFT })
  return rest
}

// Conversion costs a hundred microseconds and depends on nothing but the schema, which never changes.
const converted = {
  input: new WeakMap<object, JsonSchemaObject>(),
  output: new WeakMap<object, JsonSchemaObject>(),
}

/**
 * The JSON Schema of what a caller sends (`input`) or of what is read (`output`). The output is open: its readers
 * are tolerant, so `additionalProperties: false` is left out.
 */
export function jsonSchemaOf(schema: AnySchema, direction: SchemaDirection): JsonSchemaObject {
  const known = converted[direction].get(schema)
  if (known !== undefined) return known
  const raw = rawJsonSchema(schema, direction)
  const made = direction === 'input' ? raw : mapSchema(raw, withoutClosing)
  converted[direction].set(schema, made)
  return made
}

function withoutClosing(schema: JsonSchemaObject): JsonSchemaObject {
  if (schema.additionalProperties !== false) return schema
  const { additionalProperties: _, ...open } = schema
  return open
}

/** Rebuilds a schema from its leaves up, each part passed through `change`. */
export function mapSchema(
  schema: JsonSchemaObject,
  change: (part: JsonSchemaObject) => JsonSchemaObject,
): JsonSchemaObject {
  const map = (part: JsonSchema): JsonSchema => (typeof part === 'boolean' ? part : mapSchema(part, change))
  const copy: Record<string, unknown> = { ...schema }
  for (const keyword of ONE) {
    const part = schema[keyword]
    if (isSchema(part)) copy[keyword] = map(part)
  }
  for (const keyword of LISTS) if (schema[keyword]) copy[keyword] = schema[keyword].map(map)
  for (const keyword of MAPS) {
    const parts = schema[keyword]
    if (isSchemaMap(parts))
      copy[keyword] = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, map(part)]))
  }
  return change(copy)
}

/** The parts directly inside a schema, each with its name in a path; definitions are reached through their references. */
export function partsOf(schema: JsonSchemaObject): readonly (readonly [string, JsonSchema])[] {
  const parts: (readonly [string, JsonSchema])[] = []
  for (const [name, part] of Object.entries(schema.properties ?? {})) parts.push([name, part])
  for (const [name, part] of Object.entries(schema.patternProperties ?? {})) parts.push([name, part])
  if (schema.items !== undefined) parts.push(['[]', schema.items])
  if (schema.additionalProperties !== undefined) parts.push(['{}', schema.additionalProperties])
  for (const keyword of LISTS) {
    const inTuple = keyword === 'prefixItems'
    for (const [index, part] of (schema[keyword] ?? []).entries())
      parts.push([inTuple ? `[${index}]` : '', part])
  }
  return parts
}

/** Follows a reference inside its document; a reference to nowhere gives `true`, which says nothing. */
export function resolveReference(root: JsonSchemaObject, reference: string): JsonSchema {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return true
  let place: unknown = root
  for (const part of reference.slice(2).split('/')) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, name)) return true
    place = Reflect.get(place, name)
  }
  return isSchema(place) ? place : true
}

/** The schema behind any chain of plain references. */
export function dereference(root: JsonSchemaObject, schema: JsonSchema): JsonSchemaObject {
  let current = schema
  for (let hops = 0; typeof current === 'object' && current.$ref !== undefined && hops < 100; hops += 1) {
    current = resolveReference(root, current.$ref)
  }
  return typeof current === 'object' ? current : current ? {} : { not: {} }
}

/** The types that a schema names, by itself or through its values. */
export function typesOf(schema: JsonSchemaObject): readonly string[] {
  if (typeof schema.type === 'string') return [schema.type]
  if (schema.type !== undefined) return schema.type
  if (schema.const !== undefined) return [typeOfValue(schema.const)]
  return [...new Set((schema.enum ?? []).map(typeOfValue))]
}

/** The JSON type of a value; whole numbers are `number`. */
export function typeOfValue(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}

function isSchemaMap(value: unknown): value is Readonly<Record<string, JsonSchema>> {
  return typeof value === 'object' && value !== null && Object.values(value).every(isSchema)
}
