import type { JsonValue } from '../../errors/index.ts'
import { parseStrictJson } from '../../host/index.ts'

const LONGEST_TOKEN = 8_192
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]{86}$/
const JSON_LIMITS = { depth: 8, members: 200 }
const HEADER_NAMES = new Set(['alg', 'typ', 'kid'])
const TYPES = new Set(['at+jwt', 'application/at+jwt', 'jwt'])

type Claims = Readonly<Record<string, JsonValue>>

function parseObject(part: Uint8Array): Claims | undefined {
  const value = parseStrictJson(part, JSON_LIMITS)
  if (typeof value !== 'object' || value === null || value instanceof Array) return undefined
  const claims: Record<string, JsonValue> = Object.create(null)
  return Object.assign(claims, value)
}

/** Whether a text has the only form of token that is looked at: a compact JWS with an Ed25519 signature. */
export function isCompactToken(token: string): boolean {
  return token.length <= LONGEST_TOKEN && COMPACT.test(token)
}

/**
 * The key id that a token names. Whatever else its header could ask for (`jku`, `jwk`, `x5u`, `crit`, `b64`, `zip`)
 * makes it no token of ours. @returns undefined then, and when the algorithm isn't EdDSA.
 */
export function keyIdOf(token: string): string | undefined {
  const header = parseObject(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url'))
  if (header === undefined || Object.keys(header).some((name) => !HEADER_NAMES.has(name))) return undefined
  const { alg, typ, kid } = header
  if (alg !== 'EdDSA' || typeof kid !== 'string') return undefined
  if (typ !== undefined && (typeof typ !== 'string' || !TYPES.has(typ.toLowerCase()))) return undefined
  return kid
}

export function parseClaims(payload: Uint8Array): Claims | undefined {
  return parseObject(payload)
}

export type { Claims }
