/** The target of a request in its one canonical form, which routing, access and everything else use. */
export interface Target {
  /** Starts with a slash; percent encodings only where they carry data. */
  readonly path: string
  /** Without its question mark; `''` when there is none. */
  readonly query: string
}

const VISIBLE = /^\/[\x21-\x7e]*$/
const FORBIDDEN_RAW = /[\\;#"<>^`{|}]|\/\/|\/\.{1,2}(?:\/|$)/
const ESCAPES = /%(?![0-9a-fA-F]{2})/
/** What an escape may not hide: separators, control characters, a second layer of escapes. */
const FORBIDDEN_DECODED = /[/\\;\x00-\x1f\x7f]|%[0-9a-fA-F]{2}|^\.{1,2}$/

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function segmentsAreSafe(path: string): boolean {
  if (ESCAPES.test(path)) return false
  return path.split('/').every((segment) => {
    if (!segment.includes('%')) return true
    const text = decoded(segment)
    return text !== undefined && !FORBIDDEN_DECODED.test(text)
  })
}

/**
 * Reads a request target in origin form. Anything that two readers could understand in two ways is refused:
 * encoded slashes, dot segments, empty segments, path parameters, double encoding, raw non-ASCII.
 * @returns undefined for a target that is refused.
 */
export function parseTarget(url: string): Target | undefined {
  if (!VISIBLE.test(url)) return undefined
  const mark = url.indexOf('?')
  const path = mark === -1 ? url : url.slice(0, mark)
  const query = mark === -1 ? '' : url.slice(mark + 1)
  if (FORBIDDEN_RAW.test(path) || query.includes('#')) return undefined
  if (path.includes('%') && !segmentsAreSafe(path)) return undefined
  return { path, query }
}

const MOST_PARAMETERS = 200

/**
 * The parameters of a query; a name that comes several times has all its values.
 * @returns undefined for a query that can not be read: a bad encoding, no name, too many parameters.
 */
export function parseQuery(query: string): Map<string, string | string[]> | undefined {
  const result = new Map<string, string | string[]>()
  if (query === '') return result
  const pairs = query.split('&', MOST_PARAMETERS + 1)
  if (pairs.length > MOST_PARAMETERS) return undefined
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = decoded((equals === -1 ? pair : pair.slice(0, equals)).replaceAll('+', ' '))
    const value = equals === -1 ? '' : decoded(pair.slice(equals + 1).replaceAll('+', ' '))
    if (!name || value === undefined || value.includes('\0')) return undefined
    const before = result.get(name)
    if (before === undefined) result.set(name, value)
    else if (typeof before === 'string') result.set(name, [before, value])
    else before.push(value)
  }
  return result
}
