const NAME = /^[a-z][a-zA-Z0-9]*$/
const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/
const VERSION =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

/** A service's name is part of role names, which PostgreSQL cuts at 63 bytes. */
const MAXIMUM_NAME = 40

/** Names that JavaScript gives a meaning: an object with one of them as a field can surprise its reader. */
export const FORBIDDEN_FIELDS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Members of clients, of handler contexts and of every object: an operation of that name would hide them. */
const RESERVED = new Set([
  '__proto__',
  'constructor',
  'prototype',
  'then',
  'catch',
  'finally',
  'toString',
  'toLocaleString',
  'toJSON',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'try',
  'db',
  'errors',
  'publish',
  'start',
  'cancel',
  'principal',
  'signal',
  'log',
  'deadline',
  'key',
  'correlationId',
])

/** Callers and schemas of the framework's own. */
const TAKEN = new Set(['archipel', 'public', 'gateway', 'operator', 'console'])

/** What is wrong with the name of an operation or event, if anything. */
export function nameFault(name: string): string | undefined {
  if (RESERVED.has(name)) return `'${name}' is a reserved name`
  if (!NAME.test(name) || name.length > MAXIMUM_NAME)
    return `${JSON.stringify(name)} is no name: a small letter, then letters and digits, ${MAXIMUM_NAME} at most`
  return undefined
}

/** What is wrong with the name of a contract, if anything. */
export function contractNameFault(name: string): string | undefined {
  return TAKEN.has(name) ? `'${name}' is a name of the framework's own` : nameFault(name)
}

/** What is wrong with an error code, if anything. */
export function codeFault(code: string): string | undefined {
  if (code.startsWith('ARC_')) return "codes that begin with 'ARC_' are the framework's own"
  return CODE.test(code)
    ? undefined
    : `${JSON.stringify(code)} is no error code: UPPER_SNAKE, such as SKU_TAKEN`
}

/** Whether a text is a semantic version (semver.org 2.0.0). */
export function isSemanticVersion(version: string): boolean {
  return VERSION.test(version)
}
