/**
 * JSON in its one canonical form (RFC 8785): names sorted by UTF-16 code units, no white space, numbers as
 * ECMAScript writes them. Two inputs are the same request exactly when these texts are equal.
 * As in `JSON.stringify`, fields that are `undefined` are left out. Refuses what is not JSON.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object') return canonicalObject(value)
  throw new TypeError(`${typeof value === 'number' ? String(value) : `a value of type ${typeof value}`} is not JSON`)
}

function canonicalObject(value: object): string {
  const fields: string[] = []
  for (const name of Object.keys(value).sort()) {
    const member: unknown = Reflect.get(value, name)
    if (member !== undefined) fields.push(`${JSON.stringify(name)}:${canonicalJson(member)}`)
  }
  return `{${fields.join(',')}}`
}
