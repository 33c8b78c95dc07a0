import type { CryptoKey, JWK } from 'jose'
import type { Environment } from '../../environment/index.ts'
import { asError, frameworkError } from '../../errors/index.ts'
import type { Log } from '../../telemetry/index.ts'

/** Answers the public keys as they are now: a JWK set. */
export type KeySource = () => Promise<{ readonly keys: readonly unknown[] }>

export interface KeySetOptions {
  readonly source: KeySource
  readonly environment: Environment
  readonly log: Log
}

/** The keys that may have signed a token, by their id. */
export interface KeySet {
  /** The key in memory; undefined also when the keys are too old to be trusted without asking. */
  known(kid: string): CryptoKey | undefined
  /**
   * Asks the source for a key that is not known. Many callers share one question, and an id that stays unknown is
   * asked for again only after the cool-down. @throws ARC_UNAVAILABLE when no usable set of keys can be had.
   */
  find(kid: string): Promise<CryptoKey | undefined>
}

const COOL_DOWN_MS = 30_000
/** With no usable keys at all, the source is asked again this soon, and not by every request. */
const RETRY_MS = 500
/** Older keys are replaced in the background; a key that was withdrawn is refused after this time at the latest. */
const REFRESH_MS = 60_000
/** With the source down, keys are used until they are this old. */
const LONGEST_AGE_MS = 600_000
const MOST_KEYS = 100
const LONGEST_ANSWER_MS = 3_000
const LONGEST_ID = 200

interface Entry {
  readonly key: CryptoKey
  /** The public key itself: the same id with other bytes is another key. */
  readonly material: string
}

function isSigningKey(value: unknown): value is JWK & { kid: string; x: string } {
  if (typeof value !== 'object' || value === null) return false
  const jwk: JWK = value
  const forSignatures =
    (jwk.use === undefined || jwk.use === 'sig') && (jwk.alg === undefined || jwk.alg === 'EdDSA')
  return (
    jwk.kty === 'OKP' &&
    jwk.crv === 'Ed25519' &&
    forSignatures &&
    typeof jwk.x === 'string' &&
    isKeyId(jwk.kid)
  )
}

export function isKeyId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_ID
}

export function createKeySet({ source, environment, log }: KeySetOptions): KeySet {
  const { clock } = environment
  let entries = new Map<string, Entry>()
  let loadedAt = -Infinity
  let askedAt = -Infinity
  let asking: Promise<void> | undefined

  function inTime<TAnswer>(answer: Promise<TAnswer>): Promise<TAnswer> {
    const late = Promise.withResolvers<never>()
    const timer = environment.timers.after(LONGEST_ANSWER_MS, () =>
      late.reject(new Error('no answer in time')),
    )
    return Promise.race([answer, late.promise]).finally(() => timer.cancel())
  }

  async function load(): Promise<void> {
    const { importJWK } = await import('jose')
    const { keys } = await inTime(source())
    if (!Array.isArray(keys) || keys.length > MOST_KEYS)
      throw frameworkError('ARC_UNAVAILABLE', `the set of keys is no list of at most ${MOST_KEYS}`)
    const next = new Map<string, Entry>()
    for (const jwk of keys.filter(isSigningKey)) {
      const before = entries.get(jwk.kid)
      if (before?.material === jwk.x) {
        next.set(jwk.kid, before)
        continue
      }
      const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: jwk.x }, 'EdDSA')
      if (!(key instanceof Uint8Array)) next.set(jwk.kid, { key, material: jwk.x })
    }
    entries = next
    // No keys yet is no set to go by: who asks too early must not keep the first key from being found.
    loadedAt = next.size > 0 ? clock.monotonic() : -Infinity
  }

  function ask(): Promise<void> {
    asking ??= load()
      .catch((error: unknown) =>
        log.warn('the keys of the tokens could not be read', {
          error: asError(error),
        }),
      )
      .finally(() => {
        askedAt = clock.monotonic()
        asking = undefined
      })
    return asking
  }

  const age = () => clock.monotonic() - loadedAt
  const coolsDown = () => clock.monotonic() - askedAt < COOL_DOWN_MS

  return {
    known(kid) {
      if (age() > LONGEST_AGE_MS) return undefined
      if (age() > REFRESH_MS && !coolsDown()) void ask()
      return entries.get(kid)?.key
    },
    async find(kid) {
      const pause = age() > LONGEST_AGE_MS ? RETRY_MS : COOL_DOWN_MS
      if (asking !== undefined || clock.monotonic() - askedAt >= pause) await ask()
      if (age() > LONGEST_AGE_MS)
        throw frameworkError('ARC_UNAVAILABLE', 'the keys of the tokens can not be read', {
          retryAfterMs: 1_000,
        })
      return entries.get(kid)?.key
    },
  }
}
