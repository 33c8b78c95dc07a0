import { dereference, typesOf, type JsonSchema, type JsonSchemaObject } from '../json-schema/json-schema.ts'
import { canonicalJson } from '../validation/canonical-json.ts'
import {
  alternativeLabel,
  boundChanges,
  isOnlyRules,
  ruleChanges,
  typeChanges,
  valueChanges,
  type Extent,
} from './value-changes.ts'

/** One difference of two schemas. */
export interface SchemaChange {
  readonly path: string
  readonly extent: Extent
  readonly change: string
}

interface Comparison {
  readonly older: JsonSchemaObject
  readonly newer: JsonSchemaObject
  readonly changes: SchemaChange[]
  /** The pairs on the way from the root: a recursion ends where it began. */
  readonly around: Map<JsonSchemaObject, Set<JsonSchemaObject>>
}

/** The differences of two schemas, each at its path. */
export function schemaChanges(
  older: JsonSchemaObject,
  newer: JsonSchemaObject,
  path: string,
): readonly SchemaChange[] {
  const changes: SchemaChange[] = []
  compare(older, newer, path, { older, newer, changes, around: new Map() })
  return changes
}

function compare(olderPart: JsonSchema, newerPart: JsonSchema, path: string, comparison: Comparison): void {
  const older = dereference(comparison.older, olderPart)
  const newer = dereference(comparison.newer, newerPart)
  const partners = comparison.around.get(older) ?? new Set()
  if (partners.has(newer)) return
  comparison.around.set(older, partners.add(newer))
  const [before, after] = [alternativesOf(older), alternativesOf(newer)]
  if (before.length > 1 || after.length > 1) compareAlternatives(before, after, path, comparison)
  else compareOne(older, newer, path, comparison)
  partners.delete(newer)
}

function alternativesOf(schema: JsonSchemaObject): readonly JsonSchema[] {
  return schema.anyOf ?? schema.oneOf ?? [schema]
}

/** Alternatives are the same one when their text is, or else what tells them apart: a constant field, or the type. */
function compareAlternatives(
  before: readonly JsonSchema[],
  after: readonly JsonSchema[],
  path: string,
  comparison: Comparison,
): void {
  const left = after.map((part) => dereference(comparison.newer, part))
  const unmatched: JsonSchemaObject[] = []
  const take = (matches: (candidate: JsonSchemaObject) => boolean): JsonSchemaObject | undefined => {
    const index = left.findIndex(matches)
    return index < 0 ? undefined : left.splice(index, 1)[0]
  }
  for (const part of before) {
    const older = dereference(comparison.older, part)
    const same = take((candidate) => canonicalJson(candidate) === canonicalJson(older))
    if (same === undefined) unmatched.push(older)
    else compare(older, same, path, comparison)
  }
  for (const older of unmatched) {
    const label = alternativeLabel(older, comparison.older)
    const same = take((candidate) => alternativeLabel(candidate, comparison.newer) === label)
    if (same === undefined)
      comparison.changes.push({ path, extent: 'narrower', change: `the alternative ${label} is gone` })
    else compare(older, same, path, comparison)
  }
  for (const newer of left) {
    comparison.changes.push({
      path,
      extent: 'wider',
      change: `the alternative ${alternativeLabel(newer, comparison.newer)} is new`,
    })
  }
}

function compareOne(
  older: JsonSchemaObject,
  newer: JsonSchemaObject,
  path: string,
  comparison: Comparison,
): void {
  const types = typeChanges(older, newer)
  const own = [
    ...types,
    ...valueChanges(older, newer),
    ...boundChanges(older, newer),
    ...ruleChanges(older, newer),
  ]
  for (const [extent, change] of own) comparison.changes.push({ path, extent, change })
  const [before, after] = [typesOf(older), typesOf(newer)]
  const shared =
    before.length === 0 || after.length === 0 ? undefined : before.filter((type) => after.includes(type))
  if (shared === undefined || shared.includes('object')) compareObjects(older, newer, path, comparison)
  if (shared === undefined || shared.includes('array')) compareLists(older, newer, path, comparison)
  compareAllOf(older, newer, path, comparison)
}

function compareObjects(
  older: JsonSchemaObject,
  newer: JsonSchemaObject,
  path: string,
  comparison: Comparison,
): void {
  const [before, after] = [older.properties ?? {}, newer.properties ?? {}]
  for (const [name, part] of Object.entries(before)) {
    const same = Object.hasOwn(after, name) ? after[name] : undefined
    const place = `${path}.${name}`
    if (same === undefined)
      comparison.changes.push({ path: place, extent: 'other', change: 'the field is gone' })
    else {
      compareRequired(older, newer, name, place, comparison)
      compare(part, same, place, comparison)
    }
  }
  for (const name of Object.keys(after)) {
    if (Object.hasOwn(before, name)) continue
    const required = newer.required?.includes(name) ?? false
    comparison.changes.push({
      path: `${path}.${name}`,
      extent: required ? 'narrower' : 'none',
      change: `the ${required ? 'required' : 'optional'} field is new`,
    })
  }
  comparePart('additionalProperties', older, newer, `${path}{}`, comparison)
  comparePart('propertyNames', older, newer, `${path}{}`, comparison)
}

function compareRequired(
  older: JsonSchemaObject,
  newer: JsonSchemaObject,
  name: string,
  path: string,
  comparison: Comparison,
): void {
  const before = older.required?.includes(name) ?? false
  const after = newer.required?.includes(name) ?? false
  if (before && !after)
    comparison.changes.push({ path, extent: 'wider', change: 'the field may be left out now' })
  if (!before && after)
    comparison.changes.push({ path, extent: 'narrower', change: 'the field is required now' })
}

function compareLists(
  older: JsonSchemaObject,
  newer: JsonSchemaObject,
  path: string,
  comparison: Comparison,
): void {
  comparePart('items', older, newer, `${path}[]`, comparison)
  const [before, after] = [older.prefixItems ?? [], newer.prefixItems ?? []]
  if (before.length !== after.length)
    comparison.changes.push({
      path,
      extent: 'other',
      change: `the list has ${after.length} places, not ${before.length}`,
    })
  else
    for (const [index, part] of before.entries())
      compare(part, after[index] ?? true, `${path}[${index}]`, comparison)
}

/** For a tolerant reader a closed schema is as open as one that says nothing. */
function comparePart(
  keyword: 'additionalProperties' | 'propertyNames' | 'items',
  older: JsonSchemaObject,
  newer: JsonSchemaObject,
  path: string,
  comparison: Comparison,
): void {
  const [before, after] = [older[keyword] || undefined, newer[keyword] || undefined]
  if (before !== undefined && after !== undefined) compare(before, after, path, comparison)
  else if (before !== undefined || after !== undefined) {
    comparison.changes.push({
      path,
      extent: 'other',
      change: before === undefined ? 'its members are described now' : 'its members are no longer described',
    })
  }
}

function compareAllOf(
  older: JsonSchemaObject,
  newer: JsonSchemaObject,
  path: string,
  comparison: Comparison,
): void {
  const parts = ({ allOf = [] }: JsonSchemaObject): readonly JsonSchema[] =>
    allOf.filter((part) => !isOnlyRules(part))
  const [before, after] = [parts(older), parts(newer)]
  if (before.length !== after.length)
    comparison.changes.push({ path, extent: 'other', change: 'it is made of other parts' })
  else for (const [index, part] of before.entries()) compare(part, after[index] ?? true, path, comparison)
}
