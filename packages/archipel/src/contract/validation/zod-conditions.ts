import { internalsOf, type ZodDefinition } from './zod-definition.ts'

/** Writes down a value that generated code needs, and gives the name by which the code reads it. */
export type KeepPart = (part: unknown) => string

type Check = Readonly<Record<string, unknown>>

/** Formats of texts that are their pattern and nothing else. */
const PATTERNS: readonly unknown[] = [
  'regex',
  'uuid',
  'guid',
  'email',
  'datetime',
  'date',
  'time',
  'duration',
  'ulid',
  'nanoid',
  'cuid2',
]
/** A text of characters that take one unit each: its length is the same however it is counted. */
const SINGLE_UNITS = /^[^\ud800-\udfff]*$/

/**
 * Conditions in JavaScript under which Zod surely accepts `name` as it is. They may be narrower than Zod, never
 * wider. Undefined: there is something that only Zod knows.
 */
export function conditionsOf(
  schema: unknown,
  definition: ZodDefinition,
  name: string,
  keep: KeepPart,
): readonly string[] | undefined {
  const base = baseOf(schema, definition, name, keep)
  const checks = checksOf(definition)
  if (base === undefined || checks === undefined || definition['coerce'] === true) return undefined
  const conditions = [base]
  for (const check of checks) {
    const condition = conditionOf(definition.type, check, name, keep)
    if (condition === undefined) return undefined
    conditions.push(condition)
  }
  return conditions
}

function baseOf(schema: unknown, { type }: ZodDefinition, name: string, keep: KeepPart): string | undefined {
  switch (type) {
    case 'string':
    case 'boolean':
      return `typeof ${name} === '${type}'`
    case 'number':
      return `Number.isFinite(${name})`
    case 'null':
      return `${name} === null`
    case 'array':
      return `Array.isArray(${name})`
    case 'enum':
    case 'literal': {
      const values = internalsOf(schema, 'values')
      if (!(values instanceof Set) || ![...values].every(isPrimitive)) return undefined
      return `${keep(values)}.has(${name})`
    }
    default:
      return undefined
  }
}

function isPrimitive(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

/** The schema's own check, as of `z.int()`, and those that were added to it. */
function checksOf(definition: ZodDefinition): Check[] | undefined {
  const added = definition['checks'] ?? []
  if (!Array.isArray(added)) return undefined
  const checks: unknown[] = added.map((check: unknown) => internalsOf(check, 'def'))
  if (definition['check'] !== undefined) checks.push(definition)
  return checks.every(isCheck) ? checks : undefined
}

function isCheck(value: unknown): value is Check {
  return typeof value === 'object' && value !== null
}

function conditionOf(type: string, check: Check, name: string, keep: KeepPart): string | undefined {
  const { check: kind, minimum, maximum, value } = check
  const length = `${name}.length`
  if (kind === 'max_length' && typeof maximum === 'number') return `${length} <= ${maximum}`
  if (kind === 'min_length' && typeof minimum === 'number') {
    if (type === 'array' || minimum <= 1) return `${length} >= ${minimum}`
    // Zod counts characters: one takes at most two units.
    const singles = keep(SINGLE_UNITS)
    return `(${length} >= ${2 * minimum} || (${length} >= ${minimum} && ${singles}.test(${name})))`
  }
  const orEqual = check['inclusive'] === true ? '=' : ''
  if (kind === 'greater_than' && typeof value === 'number') return `${name} >${orEqual} ${value}`
  if (kind === 'less_than' && typeof value === 'number') return `${name} <${orEqual} ${value}`
  if (kind === 'number_format' && check['format'] === 'safeint') return `Number.isSafeInteger(${name})`
  if (kind === 'string_format') return patternCondition(check, name, keep)
  return undefined
}

function patternCondition(check: Check, name: string, keep: KeepPart): string | undefined {
  const { format, pattern, fn } = check
  if (!(pattern instanceof RegExp) || pattern.global || pattern.sticky) return undefined
  return PATTERNS.includes(format) && fn === undefined ? `${keep(pattern)}.test(${name})` : undefined
}
