import { createHash } from 'node:crypto'
import type { CallMetadata } from '../call/index.ts'
import { canonicalJson, inputInvalid } from '../contract/index.ts'
import { frameworkError, type ArchipelError } from '../errors/index.ts'
import type { CommandScope } from '../storage/index.ts'
import { nulIssues } from './refused-values.ts'

const ESCAPED_NUL = String.raw`\u0000`
const KEY = /^[\x21-\x7e]{1,200}$/

/**
 * SHA-256 of an input as it was received: two requests are the same exactly when these are equal.
 * @param named the part of it that paths of what is wrong begin in
 * @throws ARC_INPUT_INVALID for what is no JSON, and for texts that no database keeps
 */
export function hashOfInput(input: unknown, named: unknown = input): Buffer {
  const text = canonical(input)
  // All of it is one text here, so that one search answers for each of its parts; an escaped backslash can stand before.
  const issues = text.includes(ESCAPED_NUL) ? nulIssues(named) : []
  if (issues.length > 0) throw inputInvalid(issues)
  return createHash('sha256').update(text).digest()
}

function canonical(input: unknown): string {
  try {
    return canonicalJson(input)
  } catch (error) {
    throw frameworkError('ARC_INPUT_INVALID', 'The input is not JSON', { cause: error })
  }
}

/** What makes a request the same as another one: its operation, who asks, its key. */
export function scopeOf(
  operation: string,
  { caller, principal }: CallMetadata,
  key: string,
  inputHash: Buffer,
): CommandScope {
  return { operation, principal: principalOfScope(caller, principal?.id, inputHash), key: requireKey(key) }
}

/** Who isn't known from outside has a scope of its own for each input: a guessed key alone gives nobody's answer. */
function principalOfScope(caller: string, id: string | undefined, inputHash: Buffer): string {
  if (id !== undefined) return id
  return caller === 'gateway' ? `input:${inputHash.toString('base64url')}` : `service:${caller}`
}

function requireKey(key: string): string {
  if (KEY.test(key)) return key
  throw frameworkError('ARC_KEY_INVALID', 'An idempotency key is 1 to 200 visible ASCII characters')
}

/** What a claim that isn't `new` says to the caller, where that is an error. */
export function claimError(is: 'in-progress' | 'reused' | 'withdrawn', path: string): ArchipelError {
  if (is === 'reused')
    return frameworkError(
      'ARC_KEY_REUSED',
      `The key of this request to ${path} came before with another input: use a new key for a new request`,
    )
  if (is === 'withdrawn')
    return frameworkError('ARC_WITHDRAWN', `This request to ${path} was withdrawn before it arrived`)
  return frameworkError('ARC_KEY_IN_PROGRESS', `A request to ${path} with this key is at work`, {
    effect: 'unknown',
    retryAfterMs: 200,
  })
}
