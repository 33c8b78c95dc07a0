import type { HandledEvent } from 'archipel'
import { expect, test } from 'vitest'
import { orders } from '../orders/contract.ts'
import { reviews } from './contract.ts'
import { purchaseChangesOf, type NEWS_OF_PURCHASES } from './purchases.ts'
import { ratingChangesOf, type NEWS_OF_REVIEWS } from './ratings.ts'

type OrderNews = HandledEvent<(typeof NEWS_OF_PURCHASES)[number]>
type ReviewNews = HandledEvent<(typeof NEWS_OF_REVIEWS)[number]>

const { orderPlaced, orderCompleted, orderRefunded } = orders.events
const { reviewPublished, reviewChanged, reviewHidden, reviewShown } = reviews.events
const at = '2026-11-05T01:02:03.000Z'
const envelope = {
  specversion: '1.0',
  id: 'event',
  source: '/publisher',
  subject: 'key',
  time: at,
  datacontenttype: 'application/json',
  partitionkey: 'key',
  sequence: '1',
  correlationid: 'correlation',
} as const
const total = { amount: 1, currency: 'GBP' } as const
const order = { orderId: 'order', customerId: 'customer', total, at }
const line = { number: 1, name: 'A product', quantity: 2, price: total, stocked: true }
const sold = { placedAt: at, country: 'France', lines: [{ ...line, sku: 'A' }] }

test('a completed order tells what was bought, but for postage and fees', () => {
  const lines = [...sold.lines, { ...line, sku: 'POST', stocked: false }]
  const news: OrderNews[] = [
    { ...envelope, type: orderPlaced.type, data: { ...order, source: 'shop', lines } },
    { ...envelope, type: orderCompleted.type, data: { ...order, ...sold, lines } },
  ]
  expect(purchaseChangesOf(news)).toEqual({
    placed: [],
    bought: [{ orderId: 'order', customerId: 'customer', sku: 'A' }],
    completed: [],
    refunded: [],
  })
})

test('where completed orders did not tell their lines, those of the placing count', () => {
  const news: OrderNews[] = [
    { ...envelope, type: orderPlaced.type, data: { ...order, lines: [{ sku: 'A', quantity: 1 }] } },
    { ...envelope, type: orderCompleted.type, data: order },
    { ...envelope, type: orderRefunded.type, data: { ...order, ...sold, orderId: 'another' } },
  ]
  expect(purchaseChangesOf(news)).toEqual({
    placed: [{ orderId: 'order', customerId: 'customer', sku: 'A' }],
    bought: [],
    completed: ['order'],
    refunded: ['another'],
  })
})

test('news of many reviews come to one change for each product', () => {
  const review = { reviewId: 'review', sku: 'A', customerId: 'customer', stars: 4, at, text: null }
  const news: ReviewNews[] = [
    { ...envelope, type: reviewPublished.type, data: review },
    { ...envelope, type: reviewChanged.type, data: { ...review, previousStars: 4, stars: 1 } },
    { ...envelope, type: reviewPublished.type, data: { ...review, stars: 5 } },
    { ...envelope, type: reviewHidden.type, data: { ...review, stars: 1, reason: 'rude' } },
    { ...envelope, type: reviewShown.type, data: { ...review, sku: 'B', stars: 2 } },
    { ...envelope, type: reviewHidden.type, data: { ...review, sku: 'C', stars: 3, reason: 'rude' } },
  ]
  expect(ratingChangesOf(news)).toEqual([
    { sku: 'A', reviews: 1, stars: 5 },
    { sku: 'B', reviews: 1, stars: 2 },
    { sku: 'C', reviews: -1, stars: -3 },
  ])
})
