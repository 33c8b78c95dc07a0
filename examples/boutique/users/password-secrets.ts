import { createHash, randomBytes } from 'node:crypto'
import { sql, type Queryable, type WriteDatabase } from 'archipel'
import { z } from 'zod'

const LIFETIME_MS = 24 * 60 * 60 * 1000

const Holder = z.object({ userId: z.string() })
const HasPassword = z.object({ hasPassword: z.boolean() })

/** Whether an account has a password; undefined: there is no such account. Locks it, so that none is set meanwhile. */
export async function lockPassword(db: WriteDatabase, userId: string): Promise<boolean | undefined> {
  const account = await db.maybeOne(
    HasPassword,
    sql`select password_hash is not null as "hasPassword" from users where id = ${userId} for update`,
  )
  return account?.hasPassword
}

/** A new secret for an account, in the place of the one it had. Only its hash is kept. */
export async function issueSecret(
  db: WriteDatabase,
  userId: string,
  at: string,
): Promise<{ secret: string; expiresAt: string }> {
  const secret = randomBytes(32).toString('base64url')
  const expiresAt = new Date(Date.parse(at) + LIFETIME_MS).toISOString()
  await db.run(
    sql`insert into password_secrets (user_id, secret_hash, expires_at) values (${userId}, ${hashOf(secret)}, ${expiresAt})
      on conflict (user_id) do update set secret_hash = excluded.secret_hash, expires_at = excluded.expires_at`,
  )
  return { secret, expiresAt }
}

/** Whether a secret is good now: asked before the slow hash of a password, so that guesses cost little. */
export async function secretFits(db: Queryable, secret: string, at: string): Promise<boolean> {
  const holder = await db.maybeOne(
    Holder,
    sql`select user_id as "userId" from password_secrets where secret_hash = ${hashOf(secret)} and expires_at > ${at}`,
  )
  return holder !== undefined
}

/** Uses a secret up and sets the first password of its account. @returns false when it is not good (any more). */
export async function setFirstPassword(
  db: WriteDatabase,
  { secret, passwordHash, at }: { secret: string; passwordHash: string; at: string },
): Promise<boolean> {
  const holder = await db.maybeOne(
    Holder,
    sql`delete from password_secrets where secret_hash = ${hashOf(secret)} and expires_at > ${at}
      returning user_id as "userId"`,
  )
  if (!holder) return false
  const changed = await db.run(
    sql`update users set password_hash = ${passwordHash} where id = ${holder.userId} and password_hash is null`,
  )
  return changed === 1
}

/** A secret has 256 random bits: a fast hash is enough. */
function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
