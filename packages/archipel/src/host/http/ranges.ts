/** A part of a representation: from a byte up to, not including, another. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

const ONE_RANGE = /^bytes=[\t ]*(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))[\t ]*$/i

/**
 * The part that a `Range` header asks for (RFC 9110, 14.2). Undefined where the whole is to be sent: no header, one
 * that can't be read, another unit, or several ranges, which would have to be put into an envelope of their own.
 */
export function rangeOf(header: string | undefined, length: number): ByteRange | 'unsatisfiable' | undefined {
  const parts = header === undefined ? null : ONE_RANGE.exec(header)
  if (parts === null) return undefined
  const [, first, last, suffix] = parts
  if (suffix !== undefined) {
    if (Number(suffix) === 0) return 'unsatisfiable'
    return length === 0 ? undefined : { from: Math.max(0, length - Number(suffix)), to: length }
  }
  const from = Number(first)
  if (last !== undefined && Number(last) < from) return undefined
  if (from >= length) return 'unsatisfiable'
  return { from, to: last === undefined ? length : Math.min(length, Number(last) + 1) }
}
