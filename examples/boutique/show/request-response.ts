import { openShop } from './stage/shop.ts'
import { say, see } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const [ann, merchandiser] = [await shop.signIn('ann'), await shop.signIn('merchandiser')]
  const payment = { token: 'tok_ok' }

  say(
    'Placing an order asks the catalogue for the price, and waits for the answer before its transaction begins.',
  )
  const first = (await ann.post('/orders', { lines: [{ sku: 'MUG', quantity: 2 }], payment })).expect(202)
  see('the total of two mugs', first.total.amount, 2_500)
  ;(await merchandiser.put('/products/MUG/price', { price: { amount: 1_400, currency: 'GBP' } })).expect(200)
  const second = (await ann.post('/orders', { lines: [{ sku: 'MUG', quantity: 2 }], payment })).expect(202)
  see('after a change of price', second.total.amount, 2_800)
  see('the first order keeps its own', (await shop.ended(first.id)).total.amount, 2_500)

  say('The callee says no, and the caller gets a declared error with its details, not a text.')
  const refused = await ann.post('/orders', { lines: [{ sku: 'UNICORN', quantity: 1 }], payment })
  see(
    'an unknown SKU',
    [refused.status, refused.body.code, refused.body.details],
    [422, 'SKUS_UNKNOWN', { skus: ['UNICORN'] }],
  )
  const [{ count } = {}] = await shop.query('select count(*)::int as count from orders.orders')
  see('orders that exist', count, 2)
}
