import { sql, type Queryable, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import type { Address } from '../shared.ts'
import { PaymentMethod, SavedAddress, type NewPaymentMethod } from './belongings-contract.ts'
import { given, where } from '../where.ts'

/** One thing of one person. */
export interface Belonging {
  readonly id: string
  readonly userId: string
}

/** A part of what belongs to one person, the latest first. */
export interface Part {
  readonly userId: string
  readonly before: string | undefined
  readonly limit: number
}

const addressColumns = sql`id, user_id as "userId", added_at as "addedAt",
  json_build_object('name', name, 'street', street, 'city', city, 'postcode', postcode, 'country', country) as address`
const methodColumns = sql`id, user_id as "userId", label, brand, last4, added_at as "addedAt"`

export function addressesOf(db: Queryable, { userId, before, limit }: Part) {
  return db.many(
    SavedAddress,
    sql`select ${addressColumns} from addresses
      ${where(
        sql`user_id = ${userId}`,
        given(before, (id) => sql`id < ${id}::uuid`),
      )}
      order by id desc limit ${limit}`,
  )
}

export function findAddress(db: Queryable, { id, userId }: Belonging) {
  return db.maybeOne(
    SavedAddress,
    sql`select ${addressColumns} from addresses where id = ${id} and user_id = ${userId}`,
  )
}

export function insertAddress(
  db: WriteDatabase,
  { id, userId }: Belonging,
  { name, street, city, postcode, country }: Address,
  addedAt: string,
) {
  return db.one(
    SavedAddress,
    sql`insert into addresses (id, user_id, name, street, city, postcode, country, added_at)
      values (${id}, ${userId}, ${name}, ${street}, ${city}, ${postcode}, ${country}, ${addedAt})
      returning ${addressColumns}`,
  )
}

export function updateAddress(
  db: WriteDatabase,
  { id, userId }: Belonging,
  { name, street, city, postcode, country }: Address,
) {
  return db.maybeOne(
    SavedAddress,
    sql`update addresses set name = ${name}, street = ${street}, city = ${city}, postcode = ${postcode}, country = ${country}
      where id = ${id} and user_id = ${userId} returning ${addressColumns}`,
  )
}

export async function deleteAddress(db: WriteDatabase, { id, userId }: Belonging): Promise<boolean> {
  return (await db.run(sql`delete from addresses where id = ${id} and user_id = ${userId}`)) === 1
}

export function methodsOf(db: Queryable, { userId, before, limit }: Part) {
  return db.many(
    PaymentMethod,
    sql`select ${methodColumns} from payment_methods
      ${where(
        sql`user_id = ${userId}`,
        given(before, (id) => sql`id < ${id}::uuid`),
      )}
      order by id desc limit ${limit}`,
  )
}

export function insertMethod(
  db: WriteDatabase,
  { id, userId }: Belonging,
  { label, brand, last4, token }: NewPaymentMethod,
  addedAt: string,
) {
  return db.one(
    PaymentMethod,
    sql`insert into payment_methods (id, user_id, label, brand, last4, token, added_at)
      values (${id}, ${userId}, ${label}, ${brand}, ${last4}, ${token}, ${addedAt})
      returning ${methodColumns}`,
  )
}

export async function deleteMethod(db: WriteDatabase, { id, userId }: Belonging): Promise<boolean> {
  return (await db.run(sql`delete from payment_methods where id = ${id} and user_id = ${userId}`)) === 1
}

const Token = z.object({ token: z.string() })

export async function findToken(db: Queryable, { id, userId }: Belonging): Promise<string | undefined> {
  const method = await db.maybeOne(
    Token,
    sql`select token from payment_methods where id = ${id} and user_id = ${userId}`,
  )
  return method?.token
}
