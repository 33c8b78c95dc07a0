import type { JsonValue } from '../errors/index.ts'
import type { Log, LogFields } from './types.ts'

const HIDDEN = '[hidden]'
const DEEPEST = 6
const LONGEST_TEXT = 8_192

/** Parts of names whose values never leave: compared in lower case without `-` and `_`. */
const SECRET_PARTS = [
  'password',
  'passwd',
  'secret',
  'authorization',
  'cookie',
  'credential',
  'privatekey',
  'apikey',
  'accesskey',
]
/** Whole names, which would hide too much as parts (`tokenCount`). */
const SECRET_NAMES = new Set([
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'jwt',
  'bearer',
  'pin',
  'cvc',
  'cardnumber',
  'databaseurl',
])

/** Secrets inside free text: bearer tokens, JSON Web Tokens, passwords in addresses. Each pattern is linear. */
const SECRET_TEXT =
  /\b(?:bearer|basic)\s+[^\s"',;]+|\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*|:\/\/[^\s/@:]*:[^\s/@]+@/gi

export interface Redaction {
  readonly hides: (name: string) => boolean
  readonly text: (text: string) => string
  readonly fields: (fields: LogFields) => Record<string, JsonValue>
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.\s]/g, '')
}

function withoutSecrets(text: string): string {
  const short =
    text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)` : text
  return short.replace(SECRET_TEXT, (found) => (found.startsWith('://') ? `://${HIDDEN}@` : HIDDEN))
}

/** Takes secrets out of what is logged or traced, by the names of fields and by their look in free text. */
export function redaction(): Redaction {
  const known = new Map<string, boolean>()

  function hides(name: string): boolean {
    const before = known.get(name)
    if (before !== undefined) return before
    const form = plain(name)
    const answer = SECRET_NAMES.has(form) || SECRET_PARTS.some((part) => form.includes(part))
    if (known.size < 2_000) known.set(name, answer)
    return answer
  }

  function error(problem: Error, depth: number): JsonValue {
    const code = 'code' in problem && typeof problem.code === 'string' ? { code: problem.code } : {}
    const details =
      'details' in problem && problem.details !== undefined
        ? { details: value(problem.details, depth + 1) }
        : {}
    const cause = problem.cause === undefined ? {} : { cause: value(problem.cause, depth + 1) }
    return {
      name: problem.name,
      ...code,
      message: withoutSecrets(problem.message),
      stack: withoutSecrets(problem.stack ?? ''),
      ...details,
      ...cause,
    }
  }

  function value(given: unknown, depth: number): JsonValue {
    if (given === null || typeof given === 'boolean' || typeof given === 'number') return given
    if (typeof given === 'bigint') return given.toString()
    if (typeof given === 'string') return withoutSecrets(given)
    if (depth > DEEPEST) return '[deeper]'
    if (given instanceof Error) return error(given, depth)
    if (Array.isArray(given)) return given.slice(0, 100).map((item) => value(item, depth + 1))
    if (typeof given === 'object') return members(given, depth)
    return `[${typeof given}]`
  }

  function members(given: object, depth: number): Record<string, JsonValue> {
    const result: Record<string, JsonValue> = {}
    for (const [name, item] of Object.entries(given)) {
      if (item === undefined) continue
      result[name] = hides(name) ? HIDDEN : value(item, depth + 1)
    }
    return result
  }

  return { hides, text: withoutSecrets, fields: (fields) => members(fields, 0) }
}

/** A text without certain other texts, in whatever case they stand. Give the longest first. */
export function withoutTexts(text: string, hidden: readonly string[]): string {
  if (hidden.length === 0) return text
  const pattern = hidden.map((each) => each.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')
  return text.replaceAll(new RegExp(pattern, 'gi'), HIDDEN)
}

/** A log whose lines never show certain texts, such as what an event says about a person. */
export function hidingLog(log: Log, hidden: () => readonly string[]): Log {
  const level = (name: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: LogFields) => {
    const texts = hidden()
    if (texts.length === 0) return log[name](message, fields)
    log[name](withoutTexts(message, texts), fields && fieldsWithout(fields, texts))
  }
  return {
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
    with(fields) {
      const texts = hidden()
      return hidingLog(log.with(texts.length === 0 ? fields : fieldsWithout(fields, texts)), hidden)
    },
  }
}

function fieldsWithout(fields: LogFields, hidden: readonly string[]): LogFields {
  const { fields: plainFields } = redaction()
  return Object.fromEntries(
    Object.entries(plainFields(fields)).map(([name, value]) => [name, valueWithout(value, hidden)]),
  )
}

function valueWithout(value: JsonValue, hidden: readonly string[]): JsonValue {
  if (typeof value === 'string') return withoutTexts(value, hidden)
  if (typeof value === 'number') return hidden.includes(String(value)) ? HIDDEN : value
  if (Array.isArray(value)) return value.map((item) => valueWithout(item, hidden))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, valueWithout(inner, hidden)]))
}
