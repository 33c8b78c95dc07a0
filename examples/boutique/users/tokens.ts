import type { JWK } from 'jose'

/** Who makes the tokens, and for whom; the gateway checks both. */
export const TOKEN_ISSUER = 'urn:boutique:users'
export const TOKEN_AUDIENCE = 'urn:boutique'
export const TOKEN_LIFETIME_MS = 60 * 60 * 1000

export interface SigningKey {
  readonly kid: string
  readonly privateKey: JWK
  readonly publicKey: JWK
}

/** Loaded with the first token: the shop opens without it. */
function jose() {
  return import('jose')
}

/** A new Ed25519 pair; the public half as RFC 8037 has it. */
export async function newSigningKey(kid: string): Promise<SigningKey> {
  const { exportJWK, generateKeyPair } = await jose()
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const publicKey = { ...(await exportJWK(pair.publicKey)), kid, alg: 'EdDSA', use: 'sig' }
  return { kid, privateKey: await exportJWK(pair.privateKey), publicKey }
}

/** An access token as in RFC 9068 for one hour from `nowMs`. */
export async function signToken(
  key: SigningKey,
  user: { id: string; roles: readonly string[] },
  tokenId: string,
  nowMs: number,
) {
  const { importJWK, SignJWT } = await jose()
  const issuedAt = Math.floor(nowMs / 1000)
  return new SignJWT({ roles: user.roles })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid })
    .setSubject(user.id)
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setJti(tokenId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + TOKEN_LIFETIME_MS / 1000)
    .sign(await importJWK(key.privateKey, 'EdDSA'))
}
