import { frameworkError, type JsonValue } from '../errors/index.ts'

/**
 * A frozen copy of what JSON can carry: members that are undefined are left out, as JSON does.
 *
 * @param what names the value in the error
 * @throws ARC_OUTPUT_INVALID for anything that would come back changed: dates, functions, classes, NaN, cycles
 */
export function jsonCopy(value: unknown, what: string): JsonValue {
  return copy(value ?? null, what, 0)
}

const DEEPEST = 200

function copy(value: unknown, path: string, depth: number): JsonValue {
  if (depth > DEEPEST) throw notJson(path, `is nested deeper than ${DEEPEST}, or contains itself`)
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (!Number.isFinite(value)) throw notJson(path, `is ${value}`)
      return value
    case 'object':
      if (value === null) return null
      return Array.isArray(value) ? copyList(value, path, depth) : copyObject(value, path, depth)
    default:
      throw notJson(path, `is of type ${typeof value}`)
  }
}

function copyList(list: readonly unknown[], path: string, depth: number): JsonValue {
  return Object.freeze(list.map((item, index) => copy(item, `${path}[${index}]`, depth + 1)))
}

function copyObject(value: object, path: string, depth: number): JsonValue {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw notJson(path, `is a ${value.constructor.name}`)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.freeze(
    Object.fromEntries(members.map(([name, member]) => [name, copy(member, `${path}.${name}`, depth + 1)])),
  )
}

function notJson(path: string, why: string): Error {
  return frameworkError(
    'ARC_OUTPUT_INVALID',
    `${path} ${why}: it is stored as JSON and would come back as something else`,
  )
}
