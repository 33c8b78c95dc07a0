import { dereference, typesOf, type JsonSchema, type JsonSchemaObject } from './json-schema.ts'

/** A field of an object, as all parts of a schema together describe it. */
export interface Field {
  /** Each part that describes it. */
  readonly schemas: readonly JsonSchema[]
  /** Whether it is there in every value. */
  readonly required: boolean
}

export type Fields = ReadonlyMap<string, Field>

/** The fields of a schema's objects: all of `allOf`, and those of every alternative of a union. */
export function fieldsOf(root: JsonSchemaObject, part: JsonSchema = root, depth = 0): Fields {
  const schema = dereference(root, part)
  const fields = new Map<string, Field>()
  if (depth > 20) return fields
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    fields.set(name, { schemas: [inner], required: schema.required?.includes(name) ?? false })
  }
  for (const inner of schema.allOf ?? []) merge(fields, fieldsOf(root, inner, depth + 1))
  for (const group of [schema.anyOf, schema.oneOf]) {
    if (group !== undefined)
      merge(fields, alternativeFields(group.map((inner) => fieldsOf(root, inner, depth + 1))))
  }
  return fields
}

function merge(into: Map<string, Field>, more: Fields): void {
  for (const [name, field] of more) {
    const before = into.get(name)
    into.set(name, {
      schemas: [...(before?.schemas ?? []), ...field.schemas],
      required: field.required || (before?.required ?? false),
    })
  }
}

function alternativeFields(alternatives: readonly Fields[]): Fields {
  const fields = new Map<string, Field>()
  for (const alternative of alternatives) merge(fields, alternative)
  for (const [name, { schemas }] of fields) {
    fields.set(name, {
      schemas,
      required: alternatives.every((alternative) => alternative.get(name)?.required ?? false),
    })
  }
  return fields
}

/** Whether every value of a schema is an object. */
export function isObjectSchema(root: JsonSchemaObject): boolean {
  return isAlways('object', root, root)
}

/** Whether a field holds a text in every value. */
export function isTextField(root: JsonSchemaObject, field: Field | undefined): boolean {
  return (
    field !== undefined && field.required && field.schemas.every((part) => isAlways('string', root, part))
  )
}

/** Whether every value of a part is of a type. */
function isAlways(type: string, root: JsonSchemaObject, part: JsonSchema, depth = 0): boolean {
  const schema = dereference(root, part)
  const types = typesOf(schema)
  if (types.length > 0) return types.length === 1 && types[0] === type
  if (depth > 20) return false
  const inner = (next: JsonSchema): boolean => isAlways(type, root, next, depth + 1)
  return (schema.anyOf ?? schema.oneOf)?.every(inner) ?? (schema.allOf ?? []).some(inner)
}
