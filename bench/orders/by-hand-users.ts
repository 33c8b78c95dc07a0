import { randomUUIDv7 } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { Pool } from 'pg'
import { hashPassword, passwordFits } from '../../examples/boutique/users/passwords.ts'
import {
  newSigningKey,
  signToken,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
} from '../../examples/boutique/users/tokens.ts'

export interface Principal {
  readonly id: string
  readonly roles: readonly string[]
}

/** So many verified tokens are remembered. */
const MOST_REMEMBERED = 10_000

export type Users = Awaited<ReturnType<typeof createUsers>>

/** Accounts and tokens. */
export async function createUsers(pool: Pool) {
  const signingKey = await newSigningKey(randomUUIDv7())
  const keys = createLocalJWKSet({ keys: [signingKey.publicKey] })
  const remembered = new Map<string, { principal: Principal; endsAtMs: number }>()

  async function register(
    account: { readonly email: string; readonly name: string; readonly password: string },
    roles: readonly string[],
  ) {
    const { email, name, password } = account
    const id = randomUUIDv7()
    await pool.query(
      `insert into users (id, email, name, password_hash, roles, registered_at) values ($1, $2, $3, $4, $5, now())`,
      [id, email, name, await hashPassword(password), roles],
    )
    return { id, email, name, roles }
  }

  /** @returns undefined for a wrong name or password. */
  async function signIn(email: string, password: string): Promise<{ token: string } | undefined> {
    const { rows } = await pool.query<Principal & { password_hash: string }>(
      'select id, roles, password_hash from users where lower(email) = lower($1)',
      [email],
    )
    const [account] = rows
    if (!(await passwordFits(password, account?.password_hash)) || !account) return undefined
    return { token: await signToken(signingKey, account, randomUUIDv7(), Date.now()) }
  }

  /** A token is verified once and remembered until it ends. @returns undefined for one that is no good. */
  async function authenticate(header: string | undefined): Promise<Principal | undefined> {
    const token = /^Bearer (\S+)$/.exec(header ?? '')?.[1]
    if (token === undefined) return undefined
    const known = remembered.get(token)
    if (known && known.endsAtMs > Date.now()) return known.principal
    remembered.delete(token)
    const options = { issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE, algorithms: ['EdDSA'], typ: 'at+jwt' }
    const verified = await jwtVerify<{ roles: string[] }>(token, keys, options).catch(() => undefined)
    const { sub: id, exp, roles } = verified?.payload ?? {}
    if (id === undefined || exp === undefined || roles === undefined) return undefined
    if (remembered.size >= MOST_REMEMBERED) remembered.clear()
    remembered.set(token, { principal: { id, roles }, endsAtMs: exp * 1_000 })
    return { id, roles }
  }

  return { register, signIn, authenticate }
}
