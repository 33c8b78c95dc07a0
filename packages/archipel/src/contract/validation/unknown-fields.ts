import {
  dereference,
  resolveReference,
  typeOfValue,
  typesOf,
  type JsonSchema,
  type JsonSchemaObject,
} from '../json-schema/json-schema.ts'
import { formatPath } from './path.ts'

const MAXIMUM_REPORTED = 20

/** What one part of a schema says about the fields of a value. */
interface Shape {
  readonly schema: JsonSchemaObject
  readonly properties: Map<string, Shape>
  readonly patterns: (readonly [RegExp, Shape])[]
  /** Of fields not named: not allowed, or of this shape. */
  additional: Shape | undefined
  /** Whether it says anything about fields. */
  describesFields: boolean
  readonly prefix: Shape[]
  items: Shape | undefined
  /** References and `allOf`: they all hold. */
  readonly all: Shape[]
  /** `anyOf` and `oneOf`: one of each group holds. */
  readonly groups: Shape[][]
}

type OnUnknown = (owner: object, name: string, path: readonly PropertyKey[]) => boolean

/**
 * Compiles a check for the fields of a JSON value that a schema doesn't name, as paths such as `lines[0].colour`;
 * at most 20 are listed. Of a union, the alternatives that the value fits count; when it fits none, all of them do.
 */
export function unknownFields(schema: JsonSchemaObject): (value: unknown) => readonly string[] {
  const shape = compileShape(schema, schema, new Map())
  return (value) => {
    const found: string[] = []
    visitOne(shape, value, [], schema, (_, name, path) => {
      found.push(formatPath([...path, name]))
      return found.length < MAXIMUM_REPORTED
    })
    return found
  }
}

/** Compiles a cut: removes, in place, the fields of a JSON value that a schema doesn't name. */
export function dropUnknownFields(schema: JsonSchemaObject): (value: unknown) => void {
  const shape = compileShape(schema, schema, new Map())
  return (value) => {
    visitOne(shape, value, [], schema, (owner, name) => Reflect.deleteProperty(owner, name))
  }
}

function compileShape(part: JsonSchema, root: JsonSchemaObject, known: Map<JsonSchema, Shape>): Shape {
  const before = typeof part === 'object' ? known.get(part) : undefined
  if (before !== undefined) return before
  const schema = typeof part === 'object' ? part : {}
  const shape: Shape = {
    schema,
    properties: new Map(),
    patterns: [],
    additional: undefined,
    describesFields: false,
    prefix: [],
    items: undefined,
    all: [],
    groups: [],
  }
  known.set(schema, shape)
  const compile = (inner: JsonSchema): Shape => compileShape(inner, root, known)
  compileFields(schema, shape, compile)
  shape.prefix.push(...(schema.prefixItems ?? []).map(compile))
  if (schema.items !== undefined) shape.items = compile(schema.items)
  if (schema.$ref !== undefined) shape.all.push(compile(resolveReference(root, schema.$ref)))
  shape.all.push(...(schema.allOf ?? []).map(compile))
  for (const group of [schema.anyOf, schema.oneOf])
    if (group !== undefined) shape.groups.push(group.map(compile))
  return shape
}

function compileFields(schema: JsonSchemaObject, shape: Shape, compile: (inner: JsonSchema) => Shape): void {
  const { properties, patternProperties, additionalProperties } = schema
  shape.describesFields =
    properties !== undefined || patternProperties !== undefined || additionalProperties !== undefined
  for (const [name, inner] of Object.entries(properties ?? {})) shape.properties.set(name, compile(inner))
  for (const [pattern, inner] of Object.entries(patternProperties ?? {}))
    shape.patterns.push([new RegExp(pattern, 'u'), compile(inner)])
  if (additionalProperties !== undefined && additionalProperties !== false)
    shape.additional = compile(additionalProperties)
}

/** Most shapes are one plain object or list: they need no gathering of what applies. */
function visitOne(
  shape: Shape,
  value: unknown,
  path: PropertyKey[],
  root: JsonSchemaObject,
  onUnknown: OnUnknown,
): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (shape.all.length > 0 || shape.groups.length > 0 || shape.patterns.length > 0)
    return visit([shape], value, path, root, onUnknown)
  if (Array.isArray(value)) {
    if (shape.items === undefined || shape.prefix.length > 0)
      return visitItems([shape], value, path, root, onUnknown)
    return visitList(shape.items, value, path, root, onUnknown)
  }
  if (!shape.describesFields) return true
  for (const name of Object.keys(value)) {
    const inner = shape.properties.get(name) ?? shape.additional
    if (inner === undefined) {
      if (!onUnknown(value, name, path)) return false
      continue
    }
    const member: unknown = Reflect.get(value, name)
    if (typeof member !== 'object' || member === null) continue
    path.push(name)
    if (!visitOne(inner, member, path, root, onUnknown)) return false
    path.pop()
  }
  return true
}

function visitList(
  items: Shape,
  list: readonly unknown[],
  path: PropertyKey[],
  root: JsonSchemaObject,
  onUnknown: OnUnknown,
): boolean {
  for (let index = 0; index < list.length; index += 1) {
    path.push(index)
    if (!visitOne(items, list[index], path, root, onUnknown)) return false
    path.pop()
  }
  return true
}

/** Gives false as soon as `onUnknown` has seen enough. */
function visit(
  shapes: readonly Shape[],
  value: unknown,
  path: PropertyKey[],
  root: JsonSchemaObject,
  onUnknown: OnUnknown,
): boolean {
  if (typeof value !== 'object' || value === null) return true
  const applying: Shape[] = []
  for (const shape of shapes) expand(shape, value, root, applying)
  if (Array.isArray(value)) return visitItems(applying, value, path, root, onUnknown)
  const describing = applying.filter((shape) => shape.describesFields)
  if (describing.length === 0) return true
  for (const name of Object.keys(value)) {
    const inner = describing.flatMap((shape) => shapesOfField(shape, name))
    if (inner.length === 0) {
      if (!onUnknown(value, name, path)) return false
      continue
    }
    path.push(name)
    if (!visit(inner, Reflect.get(value, name), path, root, onUnknown)) return false
    path.pop()
  }
  return true
}

function visitItems(
  shapes: readonly Shape[],
  list: readonly unknown[],
  path: PropertyKey[],
  root: JsonSchemaObject,
  onUnknown: OnUnknown,
): boolean {
  for (const [index, item] of list.entries()) {
    const inner = shapes.flatMap((shape) => shape.prefix[index] ?? shape.items ?? [])
    path.push(index)
    if (!visit(inner, item, path, root, onUnknown)) return false
    path.pop()
  }
  return true
}

function shapesOfField(shape: Shape, name: string): readonly Shape[] {
  const named = shape.properties.get(name)
  if (named !== undefined) return [named]
  const matching = shape.patterns.flatMap(([pattern, inner]) => (pattern.test(name) ? [inner] : []))
  if (matching.length > 0) return matching
  return shape.additional === undefined ? [] : [shape.additional]
}

function expand(shape: Shape, value: unknown, root: JsonSchemaObject, into: Shape[]): void {
  if (into.includes(shape)) return
  into.push(shape)
  for (const inner of shape.all) expand(inner, value, root, into)
  for (const group of shape.groups) {
    const fitting = group.filter((inner) => fits(inner.schema, value, root))
    for (const inner of fitting.length > 0 ? fitting : group) expand(inner, value, root, into)
  }
}

/** Whether a value can be of a schema, by types, constants and required fields: enough to tell alternatives apart. */
function fits(part: JsonSchema, value: unknown, root: JsonSchemaObject): boolean {
  if (part === false) return false
  const schema = dereference(root, part)
  const types = typesOf(schema)
  const type = typeOfValue(value)
  if (types.length > 0 && !types.includes(type) && !(type === 'number' && types.includes('integer')))
    return false
  if (schema.const !== undefined && schema.const !== value) return false
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined && !alternatives.some((inner) => fits(inner, value, root))) return false
  if (!(schema.allOf ?? []).every((inner) => fits(inner, value, root))) return false
  return typeof value !== 'object' || value === null || Array.isArray(value) || fieldsFit(schema, value, root)
}

function fieldsFit(schema: JsonSchemaObject, value: object, root: JsonSchemaObject): boolean {
  if (!(schema.required ?? []).every((name) => Object.hasOwn(value, name))) return false
  return Object.entries(schema.properties ?? {}).every(
    ([name, inner]) => !Object.hasOwn(value, name) || fits(inner, Reflect.get(value, name), root),
  )
}
