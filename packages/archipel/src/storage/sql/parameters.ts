/**
 * A value as PostgreSQL reads it in the text format. Instants go as ISO 8601 in UTC, arrays as array literals,
 * other objects as JSON; an array meant as JSON is passed through `JSON.stringify` by who writes the statement.
 */
export function encodeParameter(value: unknown): string | Buffer | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return arrayLiteral(value)
  if (typeof value === 'object') return JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  throw new TypeError(`sql: a ${typeof value} can not be a parameter`)
}

function arrayLiteral(values: readonly unknown[]): string {
  return `{${values.map(arrayElement).join(',')}}`
}

function arrayElement(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (Array.isArray(value)) return arrayLiteral(value)
  const encoded = encodeParameter(value)
  const text = Buffer.isBuffer(encoded) ? `\\x${encoded.toString('hex')}` : (encoded ?? '')
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
