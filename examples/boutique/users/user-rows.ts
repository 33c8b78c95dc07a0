import { sql, type Queryable, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { User } from './accounts-contract.ts'
import { given, where } from '../where.ts'

export const userColumns = sql`id, email, name, country, roles, registered_at as "registeredAt"`
const Account = User.extend({ passwordHash: z.string().nullable() })

/** @param passwordHash null: nobody can sign in until a password is set. @returns false when the address is taken. */
export async function insertUser(
  db: WriteDatabase,
  user: z.infer<typeof User>,
  passwordHash: string | null,
): Promise<boolean> {
  const inserted = await db.run(
    sql`insert into users (id, email, name, country, password_hash, roles, registered_at)
      values (${user.id}, ${user.email}, ${user.name}, ${user.country}, ${passwordHash}, ${user.roles}, ${user.registeredAt})
      on conflict do nothing`,
  )
  return inserted === 1
}

export function findAccount(db: Queryable, email: string) {
  return db.maybeOne(
    Account,
    sql`select ${userColumns}, password_hash as "passwordHash" from users where lower(email) = lower(${email})`,
  )
}

export function findUser(db: Queryable, id: string) {
  return db.maybeOne(User, sql`select ${userColumns} from users where id = ${id}`)
}

export function usersBefore(
  db: Queryable,
  filter: { readonly email: string | undefined; readonly before: string | undefined; readonly limit: number },
) {
  const { email, before, limit } = filter
  return db.many(
    User,
    sql`select ${userColumns} from users
      ${where(
        given(email, (one) => sql`lower(email) = lower(${one})`),
        given(before, (id) => sql`id < ${id}::uuid`),
      )}
      order by id desc limit ${limit}`,
  )
}
