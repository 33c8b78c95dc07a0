import { command, conflict, contract, event, forbidden, notFound, owner, page, query, roles } from 'archipel'
import { z } from 'zod'
import { Id, Instant, Sku, textLine } from '../shared.ts'

const Stars = z.int().min(1).max(5)
const Text = textLine(2_000)
const Reason = textLine(500)

/** As everybody reads it: who wrote it is nobody's business. */
const PublicReview = z.object({
  id: Id,
  sku: Sku,
  stars: Stars,
  text: z.string().nullable(),
  writtenAt: Instant,
  changedAt: Instant.nullable(),
})
/** As its author reads it, with why it is hidden if it is. */
export const Review = PublicReview.extend({
  customerId: Id,
  hiddenAt: Instant.nullable(),
  reason: z.string().nullable(),
})
export type Review = z.infer<typeof Review>
const HiddenReview = Review.extend({ hiddenAt: Instant, reason: z.string(), hiddenBy: z.string() })

/** Of what is not hidden. */
export const Rating = z.object({
  sku: Sku,
  count: z.int(),
  /** To two digits; null without a review. */
  average: z.number().nullable(),
})

const OfProduct = z.object({ sku: Sku })
const OfReview = z.object({ id: Id })
const REVIEW_NOT_FOUND = notFound()

/** What every event says. */
const Told = z.object({ reviewId: Id, sku: Sku, customerId: Id, stars: Stars, at: Instant })
const ToldWithText = Told.extend({ text: z.string().nullable() })

export const reviews = contract('reviews', {
  version: '1.0.0',
  operations: {
    putMyReview: command({
      summary: 'Review a product that you bought, or change what you said; one that is hidden stays hidden',
      http: { route: 'PUT /products/{sku}/reviews/mine' },
      access: roles('customer'),
      input: z.object({ sku: Sku, stars: Stars, text: Text.optional() }),
      output: Review,
      errors: { NOT_BOUGHT: forbidden(OfProduct) },
    }),
    getMyReview: query({
      summary: 'What you said of a product',
      http: { route: 'GET /products/{sku}/reviews/mine' },
      access: roles('customer'),
      input: OfProduct,
      output: Review,
      errors: { REVIEW_NOT_FOUND },
    }),
    listMyReviews: query({
      summary: 'Your own reviews, the latest first; a hidden one with the reason',
      http: { route: 'GET /reviews/mine' },
      access: owner('customerId'),
      ...page(Review, {}, { cursor: Id }),
    }),
    listReviews: query({
      summary: 'The reviews of a product, the latest first',
      http: { route: 'GET /products/{sku}/reviews' },
      access: 'public',
      ...page(PublicReview, { sku: Sku }, { cursor: Id }),
    }),
    getRating: query({
      summary: 'How many reviews a product has and how many stars they give on average; a little late',
      http: { route: 'GET /products/{sku}/rating' },
      access: 'public',
      input: OfProduct,
      output: Rating,
      cache: { maxAge: '5s' },
    }),
    listHiddenReviews: query({
      summary: 'What is hidden, why and by whom; what was hidden last comes first',
      http: { route: 'GET /reviews/hidden' },
      access: roles('support'),
      ...page(HiddenReview, {}, { cursor: Id }),
    }),
    hideReview: command({
      summary: 'Take a review out of the lists and of the rating; its author reads why',
      http: { route: 'POST /reviews/{id}/hiding' },
      access: roles('support'),
      input: OfReview.extend({ reason: Reason }),
      output: Review,
      errors: {
        REVIEW_NOT_FOUND,
        /** With the reason that somebody else gave. */
        ALREADY_HIDDEN: conflict(z.object({ hiddenAt: Instant, reason: z.string() })),
      },
    }),
    showReview: command({
      summary: 'Show a hidden review again',
      http: { route: 'POST /reviews/{id}/showing' },
      access: roles('support'),
      input: OfReview,
      output: Review,
      errors: { REVIEW_NOT_FOUND, NOT_HIDDEN: conflict() },
    }),
  },
  events: {
    reviewPublished: event({ data: ToldWithText, key: 'reviewId', version: 1, personal: ['text'] }),
    /** Of one that is shown; what is changed while it is hidden is told when it is shown again. */
    reviewChanged: event({
      data: ToldWithText.extend({ previousStars: Stars }),
      key: 'reviewId',
      version: 1,
      personal: ['text'],
    }),
    /** Nobody shall read any more what it said. */
    reviewHidden: event({
      data: Told.extend({ reason: z.string() }),
      key: 'reviewId',
      version: 1,
      personal: ['reason'],
    }),
    reviewShown: event({ data: ToldWithText, key: 'reviewId', version: 1, personal: ['text'] }),
  },
})
