import { sql, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { newSigningKey, type SigningKey } from './tokens.ts'

/** So many wrong passwords for one address within the window, then none is tried any more. */
export const ATTEMPTS = 5
const WINDOW_MS = 15 * 60 * 1000

const Failures = z.object({ failures: z.int(), windowEndsAt: z.iso.datetime() })
const Key = z.object({
  kid: z.string(),
  privateKey: z.record(z.string(), z.unknown()),
  publicKey: z.record(z.string(), z.unknown()),
})

/** Locks the counter of this address, so that attempts made at the same time are counted one by one. */
export function failuresOf(db: WriteDatabase, email: string, at: string) {
  const windowEndsAt = new Date(Date.parse(at) + WINDOW_MS).toISOString()
  return db.one(
    Failures,
    sql`insert into sign_in_failures as f (email, failures, window_ends_at) values (lower(${email}), 0, ${windowEndsAt})
      on conflict (email) do update set
        failures = case when f.window_ends_at < ${at} then 0 else f.failures end,
        window_ends_at = case when f.window_ends_at < ${at} then ${windowEndsAt} else f.window_ends_at end
      returning failures, window_ends_at as "windowEndsAt"`,
  )
}

export async function countFailure(db: WriteDatabase, email: string): Promise<void> {
  await db.run(sql`update sign_in_failures set failures = failures + 1 where email = lower(${email})`)
}

export async function forgetFailures(db: WriteDatabase, email: string): Promise<void> {
  await db.run(sql`delete from sign_in_failures where email = lower(${email})`)
}

/** The key that tokens are signed with; the first who needs one makes it. */
export async function signingKey(db: WriteDatabase, newKid: string, at: string): Promise<SigningKey> {
  const present = sql`select kid, private_key as "privateKey", public_key as "publicKey" from signing_keys
    order by created_at desc limit 1`
  const key = await db.maybeOne(Key, present)
  if (key) return key
  await db.run(sql`lock table signing_keys in exclusive mode`)
  const made = await db.maybeOne(Key, present)
  if (made) return made
  const { kid, privateKey, publicKey } = await newSigningKey(newKid)
  await db.run(
    sql`insert into signing_keys (kid, private_key, public_key, created_at)
      values (${kid}, ${JSON.stringify(privateKey)}, ${JSON.stringify(publicKey)}, ${at})`,
  )
  return db.one(Key, present)
}
