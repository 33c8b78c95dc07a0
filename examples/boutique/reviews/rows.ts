import { sql, type Queryable, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { Id, Instant } from '../shared.ts'
import { given, ofKind, where } from '../where.ts'
import { Review } from './contract.ts'
import { hasBought } from './purchases.ts'

const columns = sql`id, sku, customer_id as "customerId", stars, text, written_at as "writtenAt",
  changed_at as "changedAt", hidden_at as "hiddenAt", reason`

interface NewReview {
  readonly id: string
  readonly customerId: string
  readonly sku: string
  readonly stars: number
  readonly text: string | null
  readonly at: string
}

/**
 * @returns undefined when the customer has one of this product already, or has not bought it. Another request of theirs
 * that is writing one at this moment is waited for.
 */
export function insertReview(db: WriteDatabase, { id, customerId, sku, stars, text, at }: NewReview) {
  return db.maybeOne(
    Review,
    sql`insert into reviews (id, customer_id, sku, stars, text, written_at)
      select ${id}::uuid, ${customerId}::uuid, ${sku}, ${stars}::int, ${text}, ${at}::timestamptz
      where ${hasBought(customerId, sku)}
      on conflict (customer_id, sku) do nothing returning ${columns}`,
  )
}

export function changeReview(
  db: WriteDatabase,
  { id, stars, text, at }: Pick<NewReview, 'id' | 'stars' | 'text' | 'at'>,
): Promise<Review> {
  return db.one(
    Review,
    sql`update reviews set stars = ${stars}, text = ${text}, changed_at = ${at} where id = ${id}
      returning ${columns}`,
  )
}

/** The review as it is until the end of the transaction. */
export function lockReview(db: WriteDatabase, id: string) {
  return db.maybeOne(Review, sql`select ${columns} from reviews where id = ${id} for update`)
}

export function lockReviewOf(db: WriteDatabase, customerId: string, sku: string) {
  return db.maybeOne(
    Review,
    sql`select ${columns} from reviews where customer_id = ${customerId} and sku = ${sku} for update`,
  )
}

export function findReviewOf(db: Queryable, customerId: string, sku: string) {
  return db.maybeOne(
    Review,
    sql`select ${columns} from reviews where customer_id = ${customerId} and sku = ${sku}`,
  )
}

interface Hiding {
  readonly id: string
  readonly at: string
  readonly by: string
  readonly reason: string
}

export function hideReview(db: WriteDatabase, id: string, hiding: Hiding): Promise<Review> {
  return db.one(
    Review,
    sql`update reviews set hiding = ${hiding.id}, hidden_at = ${hiding.at}, hidden_by = ${hiding.by},
        reason = ${hiding.reason}
      where id = ${id} returning ${columns}`,
  )
}

export function showReview(db: WriteDatabase, id: string): Promise<Review> {
  return db.one(
    Review,
    sql`update reviews set hiding = null, hidden_at = null, hidden_by = null, reason = null
      where id = ${id} returning ${columns}`,
  )
}

/** A part of a list that comes in descending order. */
interface Part {
  readonly before: string | undefined
  readonly limit: number
}

export function reviewsOfProduct(db: Queryable, sku: string, { before, limit }: Part) {
  return db.many(
    Review,
    sql`select ${columns} from reviews
      where hiding is null and ${ofKind(sql`sku, id`, sku, { before })}
      order by sku desc, id desc limit ${limit}`,
  )
}

export function reviewsOfCustomer(db: Queryable, customerId: string, { before, limit }: Part) {
  return db.many(
    Review,
    sql`select ${columns} from reviews
      where ${ofKind(sql`customer_id, id`, customerId, { before })}
      order by customer_id desc, id desc limit ${limit}`,
  )
}

const HiddenRow = Review.extend({ hiding: Id, hiddenAt: Instant, reason: z.string(), hiddenBy: z.string() })

/** What was hidden last comes first; `before` is of the hiding, not of the review. */
export function hiddenReviews(db: Queryable, { before, limit }: Part) {
  return db.many(
    HiddenRow,
    sql`select hiding, hidden_by as "hiddenBy", ${columns} from reviews
      ${where(
        sql`hiding is not null`,
        given(before, (id) => sql`hiding < ${id}::uuid`),
      )}
      order by hiding desc limit ${limit}`,
  )
}
