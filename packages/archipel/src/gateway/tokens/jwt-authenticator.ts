import { hash } from 'node:crypto'
import type { CryptoKey } from 'jose'
import type { Principal } from '../../call/index.ts'
import type { Environment } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import type { Log } from '../../telemetry/index.ts'
import { principalOf } from './claims.ts'
import { createKeySet, isKeyId, type KeySource } from './key-set.ts'
import { isCompactToken, keyIdOf, parseClaims } from './token-parts.ts'

export interface JwtOptions {
  /** The exact `iss`. */
  readonly issuer: string
  /** `aud` is this, or a list with it. */
  readonly audience: string
  readonly keys: KeySource
  readonly environment: Environment
  readonly log: Log
}

/** Who asks, and until when that holds. */
export interface Identity {
  readonly principal: Principal
  /** Milliseconds since 1970. What goes on for longer must be asked for anew. */
  readonly endsAtMs: number
}

/**
 * Tells on whose behalf a request comes, from the value of its Authorization header. An answer from memory comes
 * at once, without a promise. @throws ARC_UNAUTHENTICATED, or ARC_UNAVAILABLE while no keys can be had.
 */
export type Authenticate = (authorization: string) => Identity | Promise<Identity>

interface Remembered {
  readonly identity: Identity
  readonly kid: string
  readonly key: CryptoKey
}

const MOST_REMEMBERED = 10_000
const BEARER = /^bearer ([^\s,]+)$/i

function refused(): Error {
  return frameworkError('ARC_UNAUTHENTICATED', 'the token is not valid, or no longer')
}

/** Verifies JSON Web Tokens signed with Ed25519. The key decides the algorithm; there is no other one. */
export function jwtAuthenticator(options: JwtOptions): Authenticate {
  const { environment } = options
  const keys = createKeySet({ source: options.keys, environment, log: options.log })
  const remembered = new Map<string, Remembered>()

  /** A token that was verified before holds until it ends or its key is withdrawn. */
  function recall(id: string): Identity | undefined {
    const entry = remembered.get(id)
    if (entry === undefined) return undefined
    if (environment.clock.now() < entry.identity.endsAtMs && keys.known(entry.kid) === entry.key)
      return entry.identity
    remembered.delete(id)
    return undefined
  }

  function remember(id: string, entry: Remembered): void {
    const oldest = remembered.size >= MOST_REMEMBERED ? remembered.keys().next().value : undefined
    if (oldest !== undefined) remembered.delete(oldest)
    remembered.set(id, entry)
  }

  function keyIdOfToken(token: string): string | undefined {
    try {
      return keyIdOf(token)
    } catch {
      return undefined
    }
  }

  async function verify(token: string, id: string): Promise<Identity> {
    const kid = keyIdOfToken(token)
    if (!isKeyId(kid)) throw refused()
    const key = keys.known(kid) ?? (await keys.find(kid))
    if (key === undefined) throw refused()
    const { compactVerify } = await import('jose')
    const claims = await compactVerify(token, key, { algorithms: ['EdDSA'] })
      .then(
        ({ payload }) => parseClaims(payload),
        () => undefined,
      )
      .catch(() => undefined)
    const nowSeconds = environment.clock.now() / 1_000
    const found =
      claims === undefined
        ? undefined
        : principalOf(claims, { issuer: options.issuer, audience: options.audience, nowSeconds })
    if (found === undefined) throw refused()
    const identity = { principal: found.principal, endsAtMs: found.endsAtSeconds * 1_000 }
    remember(id, { identity, kid, key })
    return identity
  }

  return (authorization) => {
    const token = BEARER.exec(authorization)?.[1]
    if (token === undefined || !isCompactToken(token)) throw refused()
    const id = hash('sha256', token, 'base64')
    return recall(id) ?? verify(token, id)
  }
}
