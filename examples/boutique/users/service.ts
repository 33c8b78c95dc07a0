import { service, sql, type Queryable, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { User, users } from './contract.ts'
import { hashPassword, passwordFits } from './passwords.ts'
import { newSigningKey, signToken, TOKEN_LIFETIME_MS } from './tokens.ts'

const ATTEMPTS = 5
const WINDOW_MS = 15 * 60 * 1000

const columns = sql`id, email, name, roles, registered_at as "registeredAt"`
const Account = User.extend({ passwordHash: z.string() })
const Failures = z.object({ failures: z.int(), windowEndsAt: z.iso.datetime() })
const Key = z.object({
  kid: z.string(),
  privateKey: z.record(z.string(), z.unknown()),
  publicKey: z.record(z.string(), z.unknown()),
})
const PublicKeyRow = z.object({
  publicKey: z.object({
    kid: z.string(),
    kty: z.string(),
    crv: z.string(),
    x: z.string(),
    alg: z.string(),
    use: z.string(),
  }),
})

export const usersService = service(users, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
})
  .operation(
    'register',
    { prepare: ({ password }) => hashPassword(password) },
    async ({ email, name }, { db, publish, errors, id, now }, passwordHash) => {
      const user = { id: id(), email, name, roles: ['customer' as const], registeredAt: now() }
      if (!(await insertUser(db, user, passwordHash))) throw errors.EMAIL_TAKEN({ email })
      publish.userRegistered({ id: user.id, roles: user.roles, registeredAt: user.registeredAt })
      return user
    },
  )
  .operation(
    'signIn',
    // The slow hash runs before the transaction: nobody else waits for it.
    {
      prepare: async ({ email, password }, { db }) => {
        const account = await findAccount(db, email)
        return { account, fits: await passwordFits(password, account?.passwordHash) }
      },
    },
    async ({ email }, { db, errors, id, now }, { account, fits }) => {
      const at = now()
      const { failures, windowEndsAt } = await failuresOf(db, email, at)
      if (failures >= ATTEMPTS) throw errors.TOO_MANY_ATTEMPTS({ retryAt: windowEndsAt })
      if (!account || !fits) {
        await db.run(sql`update sign_in_failures set failures = failures + 1 where email = lower(${email})`)
        // Returned, not thrown: the failure that was just counted must stay.
        return errors.CREDENTIALS_WRONG()
      }
      await db.run(sql`delete from sign_in_failures where email = lower(${email})`)
      const key = await signingKey(db, id(), at)
      const token = await signToken(key, account, id(), Date.parse(at))
      return {
        token,
        tokenType: 'Bearer',
        expiresAt: new Date(Date.parse(at) + TOKEN_LIFETIME_MS).toISOString(),
      }
    },
  )
  .operation('getMe', async (_input, { db, principal, errors }) => {
    const user = await db.maybeOne(
      User,
      sql`select ${columns} from users where id = ${principal?.id ?? null}`,
    )
    if (!user) throw errors.ACCOUNT_GONE()
    return user
  })
  .operation('listKeys', async (_input, { db }) => {
    const rows = await db.many(PublicKeyRow, sql`select public_key as "publicKey" from signing_keys`)
    return { keys: rows.map((row) => row.publicKey) }
  })
  .operation(
    'openAccount',
    { prepare: ({ password }) => hashPassword(password) },
    async ({ email, name, roles }, { db, publish, id, now }, passwordHash) => {
      const user = { id: id(), email, name, roles, registeredAt: now() }
      if (await insertUser(db, user, passwordHash)) {
        publish.userRegistered({ id: user.id, roles, registeredAt: user.registeredAt })
        return user
      }
      return db.one(User, sql`select ${columns} from users where lower(email) = lower(${email})`)
    },
  )

async function insertUser(
  db: WriteDatabase,
  user: z.infer<typeof User>,
  passwordHash: string,
): Promise<boolean> {
  const inserted = await db.run(
    sql`insert into users (id, email, name, password_hash, roles, registered_at)
      values (${user.id}, ${user.email}, ${user.name}, ${passwordHash}, ${user.roles}, ${user.registeredAt})
      on conflict do nothing`,
  )
  return inserted === 1
}

function findAccount(db: Queryable, email: string) {
  return db.maybeOne(
    Account,
    sql`select ${columns}, password_hash as "passwordHash" from users where lower(email) = lower(${email})`,
  )
}

/** Locks the counter of this address, so that attempts made at the same time are counted one by one. */
function failuresOf(db: WriteDatabase, email: string, at: string) {
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

async function signingKey(db: WriteDatabase, newKid: string, at: string) {
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
