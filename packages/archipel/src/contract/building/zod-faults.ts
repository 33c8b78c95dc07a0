import { definitionOf, type ZodDefinition } from '../validation/zod-definition.ts'
import type { ReportFault } from './fault.ts'

interface Refusal {
  readonly message: string
  readonly advice: string
}

const NO_TRANSFORM: Refusal = {
  message: 'a transform does not travel: the two sides would see different values',
  advice: 'Describe the JSON that travels, and transform in the handler.',
}
const NO_UNKNOWN: Refusal = {
  message: 'an unknown part can be anything',
  advice: 'Describe it: name the fields, use z.record(…), or z.json() for any JSON value.',
}
const NO_UNDEFINED: Refusal = {
  message: 'undefined is not JSON',
  advice: 'Make the field .optional(), or use z.null() for "nothing".',
}
const NOT_JSON: Refusal = {
  message: 'it is not JSON',
  advice: 'Describe a JSON value instead: a text, a number, a list or an object.',
}

/** The types that can't travel, each with what to do instead. */
const REFUSED: Readonly<Record<string, Refusal>> = {
  date: {
    message: 'a Date is not JSON',
    advice: 'Use z.iso.datetime(): an ISO 8601 instant in UTC, as text.',
  },
  bigint: {
    message: 'a bigint is not JSON',
    advice: 'Use z.int(), or a text of digits: z.string().regex(/^\\d+$/).',
  },
  map: { message: 'a Map is not JSON', advice: 'Use z.record(z.string(), …), or a list of pairs.' },
  set: { message: 'a Set is not JSON', advice: 'Use z.array(…).' },
  file: {
    message: 'a file is not JSON',
    advice: 'Send bytes by an upload, or a short text in base64: z.base64().',
  },
  nan: { message: 'NaN is not JSON', advice: 'Use z.number().nullable().' },
  undefined: NO_UNDEFINED,
  void: NO_UNDEFINED,
  any: NO_UNKNOWN,
  unknown: NO_UNKNOWN,
  custom: {
    message: 'a check of your own says nothing about the JSON it accepts',
    advice: 'Start from a described type and add .refine(…) to it.',
  },
  symbol: NOT_JSON,
  function: NOT_JSON,
  promise: NOT_JSON,
  success: NO_TRANSFORM,
  transform: NO_TRANSFORM,
  catch: {
    message: '.catch() hides a wrong value from its sender',
    advice: 'Use .default(…) for a field that is left out; let a wrong one be refused.',
  },
}

const OPTIONAL_VALUE = 'only a field of an object can be left out'
const STRICT = 'a strict object refuses the fields that a newer release of the other side adds'

/**
 * Walks a Zod schema and reports what its JSON Schema hides or names without a place.
 * @returns whether callers and handlers see the same parts by the way it is built: only a pipe has two ends.
 */
export function reportZodFaults(schema: unknown, path: string, report: ReportFault): boolean {
  const walked: Walked = { around: new Set(), piped: false }
  walk(schema, path, 'value', report, walked)
  return !walked.piped
}

/** `field` where the value can be left out. */
type Place = 'field' | 'value'

interface Walked {
  /** The schemas around this one, so that recursion ends and a fault is reported at each of its places. */
  readonly around: Set<unknown>
  piped: boolean
}

function walk(schema: unknown, path: string, place: Place, report: ReportFault, walked: Walked): void {
  const definition = definitionOf(schema)
  if (definition === undefined || walked.around.has(schema)) return
  walked.around.add(schema)
  inspect(definition, path, place, report, walked)
  walked.around.delete(schema)
}

function inspect(
  definition: ZodDefinition,
  path: string,
  place: Place,
  report: ReportFault,
  walked: Walked,
): void {
  const refusal = Object.hasOwn(REFUSED, definition.type) ? REFUSED[definition.type] : undefined
  if (refusal !== undefined) return report(path, refusal.message, refusal.advice)
  if (definition['coerce'] === true)
    report(
      path,
      'coercion hides what travels',
      'Leave it out: the gateway turns text of paths and queries into numbers and booleans.',
    )
  if (definition.type === 'optional' && place === 'value') report(path, OPTIONAL_VALUE, 'Use .nullable().')
  if (definition.type === 'default') reportDefault(definition['defaultValue'], path, report)
  if (definition.type === 'literal') reportLiterals(definition['values'], path, report)
  if (definition.type === 'pipe') return walkPipe(definition, path, place, report, walked)
  if (definition.type === 'object' && definitionOf(definition['catchall'])?.type === 'never') {
    report(path, STRICT, 'Use z.object(…): the gateway is strict by itself.')
  }
  if (definition.type === 'lazy') return walk(lazySchema(definition), path, place, report, walked)
  for (const [name, inner, innerPlace] of childrenOf(definition, place))
    walk(inner, `${path}${name}`, innerPlace, report, walked)
}

function childrenOf(definition: ZodDefinition, place: Place): readonly (readonly [string, unknown, Place])[] {
  const list = (parts: unknown): readonly unknown[] => (Array.isArray(parts) ? parts : [])
  switch (definition.type) {
    case 'object':
      return [
        ...Object.entries(definition['shape'] ?? {}).map(
          ([name, inner]) => [`.${name}`, inner, 'field'] as const,
        ),
        ['{}', definition['catchall'], 'value'],
      ]
    case 'array':
      return [['[]', definition['element'], 'value']]
    case 'tuple':
      return [
        ...list(definition['items']).map((inner, index) => [`[${index}]`, inner, 'value'] as const),
        ['[]', definition['rest'], 'value'],
      ]
    case 'record':
      return [
        ['{}', definition['keyType'], 'value'],
        ['{}', definition['valueType'], 'value'],
      ]
    case 'union':
      return list(definition['options']).map((inner) => ['', inner, place])
    case 'intersection':
      return [
        ['', definition['left'], place],
        ['', definition['right'], place],
      ]
    default:
      return [['', definition['innerType'], place]]
  }
}

function walkPipe(
  definition: ZodDefinition,
  path: string,
  place: Place,
  report: ReportFault,
  walked: Walked,
): void {
  const changes =
    definition['transform'] !== undefined ||
    [definition['in'], definition['out']].some((end) => definitionOf(end)?.type === 'transform')
  walked.piped = true
  if (changes) return report(path, NO_TRANSFORM.message, NO_TRANSFORM.advice)
  walk(definition['in'], path, place, report, walked)
  walk(definition['out'], path, place, report, walked)
}

function reportLiterals(values: unknown, path: string, report: ReportFault): void {
  if (!Array.isArray(values)) return
  if (values.some((value) => typeof value === 'bigint' || value === undefined))
    report(path, NOT_JSON.message, 'Use literals that JSON has: texts, numbers, true, false, null.')
}

/** Zod gives every caller the same default, but for its outermost level. */
function reportDefault(value: unknown, path: string, report: ReportFault): void {
  if (typeof value !== 'object' || value === null) return
  const nested = Object.values(value).some((member) => typeof member === 'object' && member !== null)
  if (nested)
    report(path, 'all calls would share the objects inside this default', 'Use .prefault(…), which copies.')
}

function lazySchema(definition: ZodDefinition): unknown {
  const getter = definition['getter']
  return typeof getter === 'function' ? getter() : undefined
}
