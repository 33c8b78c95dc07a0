import type { Principal } from '../../call/index.ts'
import type { Claims } from './token-parts.ts'

/** What a token must say to be accepted. */
export interface Expectations {
  readonly issuer: string
  readonly audience: string
  readonly nowSeconds: number
}

const SKEW_SECONDS = 30
const LATEST_SECONDS = 253_402_300_799
const SUBJECT = /^[\x21-\x7e]{1,200}$/
const WORD = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/
const MOST_WORDS = 100

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LATEST_SECONDS
}

function isForUs(aud: unknown, audience: string): boolean {
  return (
    aud === audience ||
    (Array.isArray(aud) && aud.every((one) => typeof one === 'string') && aud.includes(audience))
  )
}

function isInTime(claims: Claims, now: number): boolean {
  const { exp, nbf, iat } = claims
  if (!isInstant(exp) || exp + SKEW_SECONDS <= now) return false
  if (nbf !== undefined && (!isInstant(nbf) || nbf - SKEW_SECONDS > now)) return false
  return iat === undefined || (isInstant(iat) && iat - SKEW_SECONDS <= now)
}

function words(value: unknown): readonly string[] | undefined {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length > MOST_WORDS) return undefined
  return value.every((word) => typeof word === 'string' && WORD.test(word)) ? value : undefined
}

/** The principal that verified claims stand for, with the second at which they end; undefined when they don't hold. */
export function principalOf(
  claims: Claims,
  expected: Expectations,
): { principal: Principal; endsAtSeconds: number } | undefined {
  const { iss, aud, sub, exp, roles, scope } = claims
  if (iss !== expected.issuer || !isForUs(aud, expected.audience) || !isInTime(claims, expected.nowSeconds))
    return undefined
  if (typeof sub !== 'string' || !SUBJECT.test(sub) || typeof exp !== 'number') return undefined
  const allRoles = words(roles)
  const scopes =
    scope === undefined
      ? []
      : typeof scope === 'string'
        ? words(scope.split(' ').filter((word) => word !== ''))
        : undefined
  if (allRoles === undefined || scopes === undefined) return undefined
  return {
    principal: Object.freeze({
      id: sub,
      roles: Object.freeze([...allRoles]),
      scopes: Object.freeze([...scopes]),
    }),
    endsAtSeconds: exp,
  }
}
