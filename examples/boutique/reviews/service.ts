import { service } from 'archipel'
import { pageById } from '../shared.ts'
import { reviews, type Review } from './contract.ts'
import { NEWS_OF_PURCHASES, notePurchases } from './purchases.ts'
import { NEWS_OF_REVIEWS, rate, ratingOf } from './ratings.ts'
import {
  changeReview,
  findReviewOf,
  hiddenReviews,
  hideReview,
  insertReview,
  lockReview,
  lockReviewOf,
  reviewsOfCustomer,
  reviewsOfProduct,
  showReview,
} from './rows.ts'

const NOT_BOUGHT = 'you have no completed order of this product; once you have, ask under a new key'

/**
 * What customers say of products that they have really bought. Who bought what is kept from the events of orders, so nobody
 * is asked while a review is written. Who an author is by name, only users knows.
 */
export const reviewsService = service(reviews, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
})
  .operation(
    'putMyReview',
    async ({ sku, stars, text = null }, { db, publish, errors, principal, id, now }) => {
      const [customerId, at] = [principal.id, now()]
      const written = await insertReview(db, { id: id(), customerId, sku, stars, text, at })
      if (written) {
        publish.reviewPublished(toldWithText(written, at))
        return written
      }
      const before = await lockReviewOf(db, customerId, sku)
      if (!before) throw errors.NOT_BOUGHT({ sku }, NOT_BOUGHT)
      if (before.stars === stars && before.text === text) return before
      // Also after its order was refunded: the words are the author's.
      const after = await changeReview(db, { id: before.id, stars, text, at })
      if (after.hiddenAt === null)
        publish.reviewChanged({ ...toldWithText(after, at), previousStars: before.stars })
      return after
    },
  )
  .operation('getMyReview', async ({ sku }, { db, errors, principal }) => {
    const review = await findReviewOf(db, principal.id, sku)
    if (!review) throw errors.REVIEW_NOT_FOUND()
    return review
  })
  .operation('listMyReviews', async ({ limit, cursor }, { db, principal }) =>
    pageById(await reviewsOfCustomer(db, principal.id, { before: cursor, limit: limit + 1 }), limit),
  )
  .operation('listReviews', async ({ sku, limit, cursor }, { db }) =>
    pageById(await reviewsOfProduct(db, sku, { before: cursor, limit: limit + 1 }), limit),
  )
  .operation('getRating', ({ sku }, { db }) => ratingOf(db, sku))
  .operation('listHiddenReviews', async ({ limit, cursor }, { db }) => {
    const rows = await hiddenReviews(db, { before: cursor, limit: limit + 1 })
    return {
      items: rows.slice(0, limit),
      next: rows.length > limit ? (rows[limit - 1]?.hiding ?? null) : null,
    }
  })
  .operation('hideReview', async (input, { db, publish, errors, principal, id, now }) => {
    const review = await lockReview(db, input.id)
    if (!review) throw errors.REVIEW_NOT_FOUND()
    const { hiddenAt, reason } = review
    if (hiddenAt !== null && reason !== null) throw errors.ALREADY_HIDDEN({ hiddenAt, reason })
    const hiding = { id: id(), at: now(), by: principal.id, reason: input.reason }
    publish.reviewHidden({ ...told(review, hiding.at), reason: hiding.reason })
    return hideReview(db, review.id, hiding)
  })
  .operation('showReview', async (input, { db, publish, errors, now }) => {
    const review = await lockReview(db, input.id)
    if (!review) throw errors.REVIEW_NOT_FOUND()
    if (review.hiddenAt === null) throw errors.NOT_HIDDEN()
    publish.reviewShown(toldWithText(review, now()))
    return showReview(db, review.id)
  })
  .onPage(NEWS_OF_PURCHASES, { name: 'note-purchases', from: 'start' }, (news, { db }) =>
    notePurchases(db, news),
  )
  .onPage(NEWS_OF_REVIEWS, { name: 'rate-products', from: 'start' }, (news, { db }) => rate(db, news))

function told({ id, sku, customerId, stars }: Review, at: string) {
  return { reviewId: id, sku, customerId, stars, at }
}

function toldWithText(review: Review, at: string) {
  return { ...told(review, at), text: review.text }
}
