import { mapSchema, type JsonSchema, type JsonSchemaObject } from '../json-schema/json-schema.ts'
import { canonicalJson } from '../validation/canonical-json.ts'

/** The schemas of a document. A schema brings its definitions along; equal ones are kept once. */
export interface Components {
  /** Keeps a schema under a name of its own and gives the reference to it. */
  add(name: string, schema: JsonSchemaObject): JsonSchemaObject
  /** A part of a document, with its references turned to the components of that document. */
  embed(owner: string, document: JsonSchemaObject, part: JsonSchema): JsonSchema
  readonly schemas: Readonly<Record<string, JsonSchemaObject>>
}

const PREFIX = '#/components/schemas/'

/** Definitions that a converter named by itself: their names mean nothing outside their document. */
const ANONYMOUS = /^__/

export function createComponents(): Components {
  const schemas: Record<string, JsonSchemaObject> = {}
  const named = new Map<string, string>()

  function freeName(wanted: string): string {
    const base = wanted.replaceAll(/[^A-Za-z0-9._-]/g, '_')
    let name = base
    for (let count = 2; Object.hasOwn(schemas, name); count += 1) name = `${base}${count}`
    return name
  }

  /** The component of each definition of a document; those that weren't there before are written. */
  function definitionsOf(owner: string, document: JsonSchemaObject): ReadonlyMap<string, string> {
    const names = new Map<string, string>()
    const fresh: (readonly [string, JsonSchemaObject])[] = []
    for (const [definition, schema] of Object.entries(document.$defs ?? {})) {
      const body = typeof schema === 'object' ? schema : schema ? {} : { not: {} }
      const anonymous = ANONYMOUS.test(definition)
      const identity = anonymous
        ? `${owner} ${definition} ${canonicalJson(document)}`
        : `${definition} ${canonicalJson(body)}`
      const known = named.get(identity)
      const name = known ?? freeName(anonymous ? `${owner}Part` : definition)
      names.set(definition, name)
      if (known !== undefined) continue
      named.set(identity, name)
      schemas[name] = {}
      fresh.push([name, body])
    }
    for (const [name, body] of fresh) schemas[name] = rewrite(body, names, owner)
    return names
  }

  return {
    schemas,
    add(wanted, document) {
      const { $defs: _, ...body } = document
      const names = definitionsOf(wanted, document)
      const onlyReference = Object.keys(body).length === 1 && body.$ref !== undefined
      if (onlyReference) return rewrite(body, names, wanted)
      const name = freeName(wanted)
      schemas[name] = {}
      schemas[name] = rewrite(body, names, name)
      return { $ref: PREFIX + name }
    },
    embed(owner, document, part) {
      return typeof part === 'boolean' ? part : rewrite(part, definitionsOf(owner, document), owner)
    },
  }
}

function rewrite(
  schema: JsonSchemaObject,
  names: ReadonlyMap<string, string>,
  self: string,
): JsonSchemaObject {
  return mapSchema(schema, (part) =>
    part.$ref === undefined ? part : { ...part, $ref: reference(part.$ref, names, self) },
  )
}

function reference(target: string, names: ReadonlyMap<string, string>, self: string): string {
  const [, definition = '', rest = ''] = /^#\/\$defs\/([^/]+)(.*)$/.exec(target) ?? []
  const name = names.get(decodeURIComponent(definition))
  if (name !== undefined) return PREFIX + name + rest
  return target.startsWith('#') ? PREFIX + self + target.slice(1) : target
}
