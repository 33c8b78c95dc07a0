import { dereference, typesOf, type JsonSchema, type JsonSchemaObject } from '../json-schema/json-schema.ts'
import { canonicalJson } from '../validation/canonical-json.ts'

/**
 * How the set of values changed: `wider` (some are new), `narrower` (some are gone), `other` (both, or nobody can
 * tell), `none` (the same values for a tolerant reader).
 */
export type Extent = 'wider' | 'narrower' | 'other' | 'none'

type ValueChange = readonly [Extent, string]

const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties', 'minContains']
const UPPER_BOUNDS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties', 'maxContains']
const RULES = [
  'pattern',
  'format',
  'multipleOf',
  'uniqueItems',
  'contentEncoding',
  'contentMediaType',
  'not',
  'contains',
  'patternProperties',
]

/** Types that came or went; every integer is a number. No type named means any. */
export function typeChanges(older: JsonSchemaObject, newer: JsonSchemaObject): readonly ValueChange[] {
  const [before, after] = [typesOf(older), typesOf(newer)]
  if (before.length === 0 || after.length === 0)
    return before.length === after.length ? [] : [openness(before.length === 0, 'type')]
  const gone = before.filter((type) => !covers(after, type))
  const fresh = after.filter((type) => !covers(before, type))
  return [
    ...gone.map((type) => ['narrower', `it is never ${type} now`] as const),
    ...fresh.map((type) => ['wider', `it can be ${type} now`] as const),
  ]
}

function covers(types: readonly string[], type: string): boolean {
  return types.includes(type) || (type === 'integer' && types.includes('number'))
}

function openness(wasOpen: boolean, what: string): ValueChange {
  return wasOpen ? ['narrower', `its ${what} is bound now`] : ['wider', `its ${what} is no longer bound`]
}

/** Values of an enum or constant that came or went. */
export function valueChanges(older: JsonSchemaObject, newer: JsonSchemaObject): readonly ValueChange[] {
  const [before, after] = [valuesOf(older), valuesOf(newer)]
  if (before === undefined || after === undefined)
    return before === after ? [] : [openness(before === undefined, 'list of values')]
  const gone = [...before].filter((value) => !after.has(value))
  const fresh = [...after].filter((value) => !before.has(value))
  return [
    ...gone.map((value) => ['narrower', `the value ${value} is gone`] as const),
    ...fresh.map((value) => ['wider', `the value ${value} is new`] as const),
  ]
}

function valuesOf(schema: JsonSchemaObject): ReadonlySet<string> | undefined {
  if (schema.const !== undefined) return new Set([canonicalJson(schema.const)])
  return schema.enum === undefined ? undefined : new Set(schema.enum.map(canonicalJson))
}

/** Bounds of numbers, texts and lists that moved. */
export function boundChanges(older: JsonSchemaObject, newer: JsonSchemaObject): readonly ValueChange[] {
  const move = (keyword: string, open: number, up: Extent, down: Extent): readonly ValueChange[] => {
    const [before, after] = [numberOf(older[keyword], open), numberOf(newer[keyword], open)]
    if (before === after) return []
    return [
      [after > before ? up : down, `${keyword} was ${told(older[keyword])}, is ${told(newer[keyword])}`],
    ]
  }
  return [
    ...LOWER_BOUNDS.flatMap((keyword) => move(keyword, -Infinity, 'narrower', 'wider')),
    ...UPPER_BOUNDS.flatMap((keyword) => move(keyword, Infinity, 'wider', 'narrower')),
  ]
}

function numberOf(value: unknown, open: number): number {
  return typeof value === 'number' ? value : open
}

/** Rules that nobody can compare by more than their text; and a default, which changes no set of values. */
export function ruleChanges(older: JsonSchemaObject, newer: JsonSchemaObject): readonly ValueChange[] {
  const filled = [older, newer].map((schema) => told(schema['default']))
  const defaults: readonly ValueChange[] =
    filled[0] === filled[1] ? [] : [['none', `its default was ${filled[0]}, is ${filled[1]}`]]
  const rules = RULES.flatMap((keyword): readonly ValueChange[] => {
    const [before, after] = [rulesOf(older, keyword), rulesOf(newer, keyword)]
    const gone = before.filter((rule) => !after.includes(rule))
    const fresh = after.filter((rule) => !before.includes(rule))
    if (gone.length > 0 && fresh.length > 0)
      return [
        ['other', `${keyword} was ${gone.map(short).join(' and ')}, is ${fresh.map(short).join(' and ')}`],
      ]
    return [
      ...fresh.map((rule) => ['narrower', `${keyword} is new: ${short(rule)}`] as const),
      ...gone.map((rule) => ['wider', `${keyword} is gone: ${short(rule)}`] as const),
    ]
  })
  return [...defaults, ...rules]
}

/** What a keyword says, by itself and in the parts of an `allOf` that are nothing but rules. */
function rulesOf(schema: JsonSchemaObject, keyword: string): readonly string[] {
  return [schema, ...(schema.allOf ?? []).filter(isOnlyRules)].flatMap((part) =>
    part[keyword] === undefined ? [] : [canonicalJson(part[keyword])],
  )
}

/** Whether a part of an `allOf` is one rule more: two patterns of one text are two such parts. */
export function isOnlyRules(part: JsonSchema): part is JsonSchemaObject {
  return typeof part === 'object' && Object.keys(part).every((keyword) => RULES.includes(keyword))
}

function told(value: unknown): string {
  return value === undefined ? 'none' : short(canonicalJson(value))
}

function short(text: string): string {
  return text.slice(0, 100)
}

/** What tells an alternative of a union from the others: its constant fields, or else its values or type. */
export function alternativeLabel(schema: JsonSchemaObject, root: JsonSchemaObject): string {
  const constants = Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const field = dereference(root, part)
    return field.const === undefined ? [] : [`${name}: ${canonicalJson(field.const)}`]
  })
  if (constants.length > 0) return `{ ${constants.toSorted().join(', ')} }`
  if (schema.const !== undefined) return canonicalJson(schema.const)
  return (
    typesOf(schema)
      .map((type) => (type === 'integer' ? 'number' : type))
      .toSorted()
      .join(' or ') || 'of any type'
  )
}
