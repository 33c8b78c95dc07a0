import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const operations = ['orders.placeOrder', 'orders.getOrder', 'orders.listOrders', 'payments.capture']

test.each([
  ['orders.placeorder', 'orders.placeOrder'],
  ['orders.plaecOrder', 'orders.placeOrder'],
  ['order.getOrder', 'orders.getOrder'],
  ['capture', 'payments.capture'],
])('%s may mean %s', (typed, meant) => {
  expect(nearest(typed, operations)[0]).toBe(meant)
})

test('nothing near is nothing at all', () => {
  expect(nearest('catalogue.addProduct', operations)).toEqual([])
})
