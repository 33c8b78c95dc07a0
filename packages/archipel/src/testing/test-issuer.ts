import { createHash, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import { z } from 'zod'
import { contract, query } from '../contract/index.ts'
import { durationMs, systemClock, type Clock, type Duration } from '../environment/index.ts'
import type { TokenOptions } from '../gateway/index.ts'
import { service, type Service } from '../service/index.ts'

export interface TestIssuerOptions {
  /**
   * Makes the signing key: with the same text, tokens outlive a restart. Whoever knows it can be anybody, so it is for
   * development alone. Default: a new key each time.
   */
  readonly seed?: string | undefined
  /** Who issues, and for whom: what the gateway compares. Default: `urn:test:issuer` and `urn:test`. */
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  /** The application's time, where a test has its own. Default: that of the machine. */
  readonly clock?: Clock | undefined
}

export interface TestTokenOptions {
  readonly roles?: readonly string[] | undefined
  readonly scopes?: readonly string[] | undefined
  /** Default: `1h`. */
  readonly lifetime?: Duration | undefined
}

/** Issues tokens where the service that really does is another team's. */
export interface TestIssuer {
  /** Answers the public key: for the `services` of an application. */
  readonly service: Service<typeof issuerContract, {}, readonly [], 'listKeys'>
  /** For `gateway({ tokens })`. */
  readonly tokens: TokenOptions
  /** A signed token of one person, whose id is what handlers see as `principal.id`. */
  token(id: string, options?: TestTokenOptions): string
}

const PublicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
})

const issuerContract = contract('testissuer', {
  version: '1.0.0',
  operations: {
    listKeys: query({
      access: 'internal',
      input: z.object({}),
      output: z.object({ keys: z.array(PublicKey) }),
    }),
  },
})

/** What an Ed25519 key of 32 bytes begins with in PKCS #8 (RFC 8410). */
const PKCS8_OF_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A service that publishes a key, the options of a gateway that trusts it, and the tokens: for tests and development. */
export function testIssuer(options: TestIssuerOptions = {}): TestIssuer {
  const { seed, issuer = 'urn:test:issuer', audience = 'urn:test', clock = systemClock } = options
  const secret = seed === undefined ? randomBytes(32) : createHash('sha256').update(seed).digest()
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_OF_ED25519, secret]),
    format: 'der',
    type: 'pkcs8',
  })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  const publicKey = {
    kty: 'OKP',
    crv: 'Ed25519',
    x,
    kid: `test-${x.slice(0, 8)}`,
    alg: 'EdDSA',
    use: 'sig',
  } as const

  return {
    service: service(issuerContract, {}).operation('listKeys', () => ({ keys: [publicKey] })),
    tokens: { issuer, audience, keys: { contract: issuerContract, operation: 'listKeys' } },
    token(id, { roles = [], scopes = [], lifetime = '1h' } = {}) {
      const issuedAt = Math.floor(clock.now() / 1000)
      const head = { alg: 'EdDSA', typ: 'at+jwt', kid: publicKey.kid }
      const claims = {
        iss: issuer,
        aud: audience,
        sub: id,
        roles,
        scope: scopes.join(' '),
        iat: issuedAt,
        exp: issuedAt + Math.ceil(durationMs(lifetime) / 1000),
      }
      const text = `${encoded(head)}.${encoded(claims)}`
      return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`
    },
  }
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
