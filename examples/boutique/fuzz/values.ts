import fc from 'fast-check'
import type { Dice } from '../drill/random.ts'
import type { Document, JsonSchema } from './document.ts'

/** Makes values for the schemas of one document. */
export interface Values {
  /** One that fits, as far as the keywords that we know say. @param recall a value seen before under this name. */
  fitting(schema: JsonSchema, recall: Recall, name?: string): unknown
}
export type Recall = (name: string) => unknown

type Keywords = Readonly<Record<string, unknown>>

const RECALLED_SHARE = 0.7
const OPTIONAL_SHARE = 0.5
const LONGEST_LIST = 4
const DEEPEST = 8
const UNBOUNDED_TEXT = 30
const ALPHABET = Array.from('abcdefghijklmnopqrstuvwxyzABC0123456789 -_.,:;\'"<>&%$äß漢字🙂\u202e')

export function createValues({ components }: Document, dice: Dice): Values {
  function fitting(schema: JsonSchema, recall: Recall, name = '', depth = 0): unknown {
    if (typeof schema === 'boolean') return anything()
    const seen = name === '' || dice.next() > RECALLED_SHARE ? undefined : recall(name)
    if (seen !== undefined && isOfType(seen, resolve(schema))) return seen
    return made(resolve(schema), recall, depth)
  }

  function resolve(schema: Keywords): Keywords {
    const reference = schema['$ref']
    if (typeof reference !== 'string') return schema
    const found = components.schemas[reference.split('/').at(-1) ?? '']
    return typeof found === 'object' ? resolve(found) : {}
  }

  function made(schema: Keywords, recall: Recall, depth: number): unknown {
    if ('const' in schema) return schema['const']
    if (Array.isArray(schema['enum'])) return dice.pick<unknown>(schema['enum'])
    for (const choice of ['anyOf', 'oneOf'])
      if (Array.isArray(schema[choice]))
        return fitting(dice.pick<JsonSchema>(schema[choice]), recall, '', depth + 1)
    if (Array.isArray(schema['allOf'])) return made(merged(schema['allOf']), recall, depth + 1)
    switch (typeOf(schema)) {
      case 'object':
        return object(schema, recall, depth)
      case 'array':
        return list(schema, recall, depth)
      case 'string':
        return text(schema)
      case 'integer':
        return Math.trunc(number(schema))
      case 'number':
        return number(schema)
      case 'boolean':
        return dice.next() < 0.5
      default:
        return null
    }
  }

  function merged(parts: readonly unknown[]): Keywords {
    const wholes = parts.map((part) => (isKeywords(part) ? resolve(part) : {}))
    return {
      ...Object.assign({}, ...wholes),
      properties: Object.assign({}, ...wholes.map((part) => part['properties'])),
      required: wholes.flatMap((part) => (Array.isArray(part['required']) ? part['required'] : [])),
    }
  }

  function object(schema: Keywords, recall: Recall, depth: number): unknown {
    const required = Array.isArray(schema['required']) ? schema['required'] : []
    const properties = isKeywords(schema['properties']) ? Object.entries(schema['properties']) : []
    const chosen = properties.filter(
      ([name]) => required.includes(name) || (depth < DEEPEST && dice.next() < OPTIONAL_SHARE),
    )
    return Object.fromEntries(
      chosen.map(([name, part]) => [name, isSchema(part) ? fitting(part, recall, name, depth + 1) : null]),
    )
  }

  function list(schema: Keywords, recall: Recall, depth: number): unknown[] {
    const least = numberOr(schema['minItems'], 0)
    const most = Math.min(numberOr(schema['maxItems'], LONGEST_LIST), Math.max(least, LONGEST_LIST))
    const items = isSchema(schema['items']) ? schema['items'] : true
    return Array.from({ length: dice.between(least, most) }, () => fitting(items, recall, '', depth + 1))
  }

  function text(schema: Keywords): string {
    switch (schema['format']) {
      case 'uuid':
        return anyUuid()
      case 'email':
        return `${randomText(6).replaceAll(/[^a-z0-9]/gi, 'x')}x@fuzz.example`
      case 'date-time':
        return new Date(dice.between(0, 4_000_000_000) * 1_000).toISOString()
      case 'date':
        return new Date(dice.between(0, 4_000_000_000) * 1_000).toISOString().slice(0, 10)
    }
    if (typeof schema['pattern'] === 'string') return matching(schema['pattern'])
    const least = numberOr(schema['minLength'], 0)
    return randomText(
      dice.between(least, Math.min(numberOr(schema['maxLength'], UNBOUNDED_TEXT), least + UNBOUNDED_TEXT)),
    )
  }

  function matching(pattern: string): string {
    const seed = dice.between(0, 2 ** 31 - 1)
    return fc.sample(fc.stringMatching(new RegExp(pattern, 'u')), { numRuns: 1, seed })[0] ?? ''
  }

  function randomText(length: number): string {
    return Array.from({ length }, () => dice.pick(ALPHABET)).join('')
  }

  function number(schema: Keywords): number {
    const least = numberOr(schema['minimum'], numberOr(schema['exclusiveMinimum'], -1_000) + 1)
    const most = numberOr(schema['maximum'], Math.max(least, 1_000))
    // Edges are where the faults are; small numbers are what goes through.
    return dice.pick([
      least,
      Math.min(most, least + 1),
      dice.between(least, Math.min(most, least + 20)),
      most,
    ])
  }

  function anyUuid(): string {
    const hex = Array.from({ length: 32 }, () => dice.between(0, 15).toString(16)).join('')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
  }

  function anything(): unknown {
    return dice.pick<unknown>([null, true, 0, -1, 1.5, '', 'text', [], {}, [[]], { a: { b: [null] } }])
  }

  return { fitting }
}

function typeOf(schema: Keywords): unknown {
  const type = schema['type']
  if (Array.isArray(type)) return type[0]
  return type ?? (schema['properties'] === undefined ? undefined : 'object')
}

function isOfType(value: unknown, schema: Keywords): boolean {
  const type = typeOf(schema)
  return typeof value === 'string' ? type === 'string' : type === 'integer' || type === 'number'
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}

function isKeywords(value: unknown): value is Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || isKeywords(value)
}
