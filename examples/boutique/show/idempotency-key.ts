import { randomUUID } from 'node:crypto'
import { openShop } from './stage/shop.ts'
import { say, see, seeThat } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const order = { lines: [{ sku: 'MUG', quantity: 1 }], payment: { token: 'tok_ok' } }
  const orders = async () => (await ann.get('/orders')).expect(200).items.length

  say('Ann’s telephone sends one order twenty times at once, under one key.')
  const key = randomUUID()
  const answers = await Promise.all(Array.from({ length: 20 }, () => ann.post('/orders', order, key)))
  const accepted = answers.filter(({ status }) => status === 202)
  seeThat(
    `answers: ${accepted.length} accepted, ${answers.length - accepted.length} told to ask again (409)`,
    answers.every(({ status }) => [202, 409].includes(status)),
  )
  see('different orders among them', new Set(accepted.map(({ body }) => body.id)).size, 1)
  see('orders that exist', await orders(), 1)

  say('Later again: the same answer, to the byte.')
  see('the text of the answer', (await ann.post('/orders', order, key)).text, accepted[0]?.text)

  say('The key with another order is a mistake, and is said to be one.')
  const other = await ann.post('/orders', { ...order, payment: { token: 'tok_lost' } }, key)
  see('the answer', [other.status, other.body.code], [422, 'ARC_KEY_REUSED'])
  see('orders that exist', await orders(), 1)
}
