import { isJsonObject, type JsonObject, type JsonValue } from '../errors/index.ts'

/** What stands where a personal value stood. */
export const MASKED = '[personal]'

/** Below this length a text is too common to be looked for in other texts. */
const SHORTEST_TEXT = 3

/** The steps of a path such as `address.street` or `lines[].note`; a step into each item of a list is `[]`. */
export function pathSteps(path: string): readonly string[] {
  return path.split('.').flatMap((part) => {
    const [name = '', ...items] = part.split('[]')
    return [name, ...items.map(() => '[]')]
  })
}

/** A copy of an event's data with its personal fields masked: what logs, operators and the command line show. */
export function maskPersonal(paths: readonly string[], data: JsonObject): JsonObject {
  let masked: JsonValue = data
  for (const path of paths) masked = replaced(masked, pathSteps(path), () => MASKED)
  return isJsonObject(masked) ? masked : {}
}

/** The personal values of an event's data as texts, the longest first: to find them in an error's message. */
export function personalTexts(paths: readonly string[], data: JsonObject): readonly string[] {
  const found = new Set<string>()
  for (const path of paths) {
    replaced(data, pathSteps(path), (value) => {
      collect(value, found)
      return value
    })
  }
  return [...found].toSorted((one, other) => other.length - one.length)
}

function replaced(
  value: JsonValue,
  [step, ...rest]: readonly string[],
  change: (value: JsonValue) => JsonValue,
): JsonValue {
  if (step === undefined) return value === null ? value : change(value)
  if (step === '[]') return Array.isArray(value) ? value.map((item) => replaced(item, rest, change)) : value
  if (!isJsonObject(value) || !Object.hasOwn(value, step)) return value
  const inner = value[step]
  return inner === undefined ? value : { ...value, [step]: replaced(inner, rest, change) }
}

function collect(value: JsonValue, found: Set<string>): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value)
    if (text.length >= SHORTEST_TEXT) found.add(text)
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) if (inner !== undefined) collect(inner, found)
  }
}
