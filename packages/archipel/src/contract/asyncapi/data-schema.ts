import { dereference, mapSchema, type JsonSchema, type JsonSchemaObject } from '../json-schema/json-schema.ts'
import { pathSteps } from '../personal.ts'

/** Deeper than any data: ends the walk in schemas that contain themselves. */
const DEEPEST = 50

/** The schema of an event's data with `x-personal: true` at each of its personal fields. */
export function withPersonalMarks(schema: JsonSchemaObject, personal: readonly string[]): JsonSchemaObject {
  let marked: JsonSchema = schema
  for (const path of personal) marked = mark(schema, marked, pathSteps(path), 0)
  return typeof marked === 'object' ? marked : schema
}

function mark(root: JsonSchemaObject, part: JsonSchema, steps: readonly string[], depth: number): JsonSchema {
  if (typeof part === 'boolean' || depth > DEEPEST) return part
  const [step, ...rest] = steps
  if (step === undefined)
    return part.$ref === undefined ? { ...part, 'x-personal': true } : { allOf: [part], 'x-personal': true }
  // A definition is shared with others, for whom the field may be no person's: it is marked in a copy.
  const { $ref, ...beside } = part
  const schema = $ref === undefined ? part : { ...dereference(root, part), ...beside }
  const inner = (next: JsonSchema) => mark(root, next, rest, depth + 1)
  const same = (next: JsonSchema) => mark(root, next, steps, depth + 1)
  const field = schema.properties?.[step]
  return {
    ...schema,
    ...(field !== undefined && { properties: { ...schema.properties, [step]: inner(field) } }),
    ...(step === '[]' && schema.items !== undefined && { items: inner(schema.items) }),
    ...(step === '[]' && schema.prefixItems && { prefixItems: schema.prefixItems.map(inner) }),
    ...(schema.anyOf && { anyOf: schema.anyOf.map(same) }),
    ...(schema.oneOf && { oneOf: schema.oneOf.map(same) }),
    ...(schema.allOf && { allOf: schema.allOf.map(same) }),
  }
}

/**
 * In the words of draft 07, which AsyncAPI's own schemas are written in: a list of given items is `items`, and what
 * stands beside a reference stands beside `allOf`.
 */
export function inDraft07(schema: JsonSchemaObject): JsonSchemaObject {
  return mapSchema(schema, (part) => {
    const { prefixItems, items, ...others } = part
    const listed =
      prefixItems === undefined
        ? part
        : { ...others, items: prefixItems, ...(items !== undefined && { additionalItems: items }) }
    const { $ref, ...beside } = listed
    return $ref === undefined || Object.keys(beside).length === 0
      ? asSchema(listed)
      : asSchema({ ...beside, allOf: [{ $ref }, ...(asSchema(beside).allOf ?? [])] })
  })
}

/** `items` is a list in draft 07 and none in 2020-12, whose types we use. */
function asSchema(schema: Readonly<Record<string, unknown>>): JsonSchemaObject {
  return schema
}
