import { dereference, typesOf, type JsonSchema, type JsonSchemaObject } from '../json-schema/json-schema.ts'

/** Parameters as they stand in a path or query string; one that is repeated is a list. */
export type TextFields = Readonly<Record<string, string | readonly string[]>>

interface TextForm {
  /** The scalar types that the field may have. */
  readonly scalars: ReadonlySet<string>
  /** The scalar types of the items, when the field may be a list. */
  readonly items: ReadonlySet<string> | undefined
}

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/
const SAFE_DIGITS = 15

/**
 * Compiles the turning of text parameters into what the schema of the input says: numbers, booleans, lists.
 * Only exact forms are turned (`1`, `-1.5`, `true`); everything else stays text, so that validation names the field.
 * A field that may be a string stays text always. The result has no prototype, so that no name is special.
 */
export function coerceText(schema: JsonSchemaObject): (fields: TextFields) => Record<string, unknown> {
  const forms = new Map<string, TextForm>()
  collectForms(schema, schema, forms, new Set())
  return (fields) => {
    const result: Record<string, unknown> = Object.create(null)
    for (const name of Object.keys(fields)) result[name] = coerceField(fields[name] ?? '', forms.get(name))
    return result
  }
}

function collectForms(
  part: JsonSchema,
  root: JsonSchemaObject,
  forms: Map<string, TextForm>,
  seen: Set<JsonSchemaObject>,
): void {
  const schema = dereference(root, part)
  if (seen.has(schema)) return
  seen.add(schema)
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const form = textForm(inner, root)
    const before = forms.get(name)
    forms.set(name, before === undefined ? form : joined(before, form))
  }
  for (const inner of [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
    collectForms(inner, root, forms, seen)
}

function joined(a: TextForm, b: TextForm): TextForm {
  const items = a.items || b.items ? new Set([...(a.items ?? []), ...(b.items ?? [])]) : undefined
  return { scalars: new Set([...a.scalars, ...b.scalars]), items }
}

/** What a field can be as text; `other` stands for what text can't say. */
export function textForm(part: JsonSchema, root: JsonSchemaObject): TextForm {
  const scalars = new Set<string>()
  let items: Set<string> | undefined
  for (const schema of alternativesOf(part, root)) {
    const types = typesOf(schema)
    for (const type of types.length === 0 ? ['other'] : types) {
      if (type !== 'array') scalars.add(type)
      else items = new Set([...(items ?? []), ...itemTypes(schema, root)])
    }
  }
  return { scalars, items }
}

function itemTypes(schema: JsonSchemaObject, root: JsonSchemaObject): readonly string[] {
  if (schema.items === undefined || schema.prefixItems !== undefined) return ['other']
  const types = alternativesOf(schema.items, root).flatMap(typesOf)
  return types.length === 0 ? ['other'] : types
}

/** The schemas of which one holds, with references and nested unions resolved. */
function alternativesOf(part: JsonSchema, root: JsonSchemaObject, depth = 0): readonly JsonSchemaObject[] {
  const schema = dereference(root, part)
  const union = schema.anyOf ?? schema.oneOf
  const inner = union ?? schema.allOf
  if (inner === undefined || typesOf(schema).length > 0 || depth > 10) return [schema]
  const parts = inner.flatMap((alternative) => alternativesOf(alternative, root, depth + 1))
  // What all hold together is said by those that name a type; the others are rules about it.
  return union === undefined ? parts.filter((part) => typesOf(part).length > 0) : parts
}

function coerceField(value: string | readonly string[], form: TextForm | undefined): unknown {
  if (form === undefined) return value
  if (typeof value !== 'string') {
    const types = form.items
    return types === undefined ? value : value.map((text) => coerceScalar(text, types))
  }
  return form.items !== undefined && form.scalars.size === 0
    ? [coerceScalar(value, form.items)]
    : coerceScalar(value, form.scalars)
}

function coerceScalar(text: string, types: ReadonlySet<string>): unknown {
  if (types.has('string')) return text
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  if ((types.has('number') || types.has('integer')) && isExactNumber(text)) return Number(text)
  return text
}

/** Whether a number says exactly what its text says. */
function isExactNumber(text: string): boolean {
  if (!NUMBER.test(text) || Object.is(Number(text), -0)) return false
  return (
    Number.isSafeInteger(Number(text)) ||
    (text.includes('.') && text.replaceAll(/[-.]/g, '').length <= SAFE_DIGITS)
  )
}
