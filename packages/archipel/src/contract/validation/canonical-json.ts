/** Text that stands in JSON as it is; most does, and then quoting costs nothing. */
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * JSON in its one canonical form (RFC 8785): names sorted by UTF-16 code units, no white space, numbers as
 * ECMAScript writes them. Two inputs are the same request exactly when these texts are equal.
 * As in `JSON.stringify`, fields that are `undefined` are left out. Refuses what is not JSON.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      if (Number.isFinite(value)) return String(value)
      throw new TypeError(`${value} is not JSON`)
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? canonicalList(value) : canonicalObject(value)
    default:
      throw new TypeError(`a value of type ${typeof value} is not JSON`)
  }
}

function canonicalList(list: readonly unknown[]): string {
  let text = '['
  for (let index = 0; index < list.length; index += 1)
    text += (index === 0 ? '' : ',') + canonicalJson(list[index])
  return `${text}]`
}

function canonicalObject(value: object): string {
  let text = ''
  for (const name of Object.keys(value).sort()) {
    const member: unknown = Reflect.get(value, name)
    if (member !== undefined) text += `${text === '' ? '' : ','}${quoted(name)}:${canonicalJson(member)}`
  }
  return `{${text}}`
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}
