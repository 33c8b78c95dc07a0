import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { readProviderBooks } from '../drill/provider-books.ts'
import type { Answer } from '../testing-door.ts'
import { startShop, type Person } from '../testing.ts'

const ORDERS = 500
const AT_A_TIME = 100
const PIECES = 10

test('500 orders at once at the door for 10 pieces: 10 are sold and paid, 490 are out of stock', async () => {
  await using shop = await startShop()
  const customer = await shop.customer()
  const sku = await shop.product({ pence: 250, pieces: PIECES })
  const order = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } }
  /** A shop that is too busy says so; then the same is asked again, under its key. */
  async function place(): Promise<Answer> {
    const key = randomUUID()
    for (;;) {
      const answer = await customer.post('/orders', order, key)
      if (answer.status !== 503) return answer
    }
  }
  // So many requests at a time; the orders themselves are all in flight together.
  const answers: Answer[] = []
  while (answers.length < ORDERS)
    answers.push(...(await Promise.all(Array.from({ length: AT_A_TIME }, place))))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
  await shop.application.idle()
  const orders = await ordersOf(customer)
  expect(orders).toHaveLength(ORDERS)
  const paid = orders.filter(({ status }) => status === 'completed').map(({ id }) => id)
  expect(paid).toHaveLength(PIECES)
  expect(orders.filter(({ status }) => status === 'rejected')).toHaveLength(ORDERS - PIECES)
  expect((await shop.door.get(`/stock/${sku}`)).expect(200)).toMatchObject({
    received: PIECES,
    available: 0,
    reserved: 0,
    sold: PIECES,
  })
  const books = await readProviderBooks(shop.providerUrl)
  expect(books.map(({ reference }) => reference).toSorted()).toEqual(paid.toSorted())
  expect(new Set(books.map(({ captured, held }) => `${captured} ${held}`))).toEqual(new Set(['250 0']))
})

async function ordersOf(customer: Person): Promise<{ id: string; status: string }[]> {
  const orders: { id: string; status: string }[] = []
  let cursor = ''
  do {
    const { items, next } = (await customer.get(`/orders?limit=100${cursor}`)).expect(200)
    orders.push(...items)
    cursor = next === null ? '' : `&cursor=${next}`
  } while (cursor !== '')
  return orders
}
