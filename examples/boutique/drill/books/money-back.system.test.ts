import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { payments } from '../../payments/contract.ts'
import { startShop, type TestShop } from '../../testing.ts'
import { moneyBackAddsUp } from './money-back.ts'
import { readProviderBooks } from '../provider-books.ts'

const pence = (amount: number) => ({ amount, currency: 'GBP' as const })

/** An order that was paid and partly given back, and a credit note of each end. */
async function giveBack(shop: TestShop): Promise<void> {
  const [customer, support] = [await shop.customer(), await shop.staff('support')]
  const orderId = randomUUID()
  const inside = () => shop.application.client(payments, { idempotencyKey: randomUUID() })
  await inside().authorise({ orderId, customerId: customer.id, amount: pence(900), token: 'tok_ok' })
  await inside().capture({ orderId })
  for (const amount of [100, 250])
    await inside().refund({ orderId, refundId: randomUUID(), amount: pence(amount), reason: 'returned' })
  for (const token of ['tok_ok', 'tok_declined'])
    (
      await support.post('/credit-notes', {
        customerId: customer.id,
        country: 'France',
        lines: [{ sku: 'MUG', name: 'A mug', quantity: 2, price: pence(300) }],
        reason: 'Broken',
        payment: { token },
      })
    ).expect(202)
  await shop.application.idle()
}

test('money given back is compared with the books of the card processor, to the penny', async () => {
  await using shop = await startShop()
  await giveBack(shop)
  const database = {
    query: async (text: string, values: unknown[]) => ({ rows: await shop.application.query(text, values) }),
  }
  const books = await readProviderBooks(shop.providerUrl)
  const wrongIn = async (lines: typeof books) =>
    (await moneyBackAddsUp(database, lines)).map(({ wrong }) => wrong.length)
  expect(await moneyBackAddsUp(database, books)).toMatchObject([
    { checked: 1, wrong: [] },
    { checked: 1, wrong: [] },
  ])
  const pennyOff = (field: 'refunded' | 'credited' | 'credits') =>
    books.map((line) => ({ ...line, [field]: line[field] === 0 ? 0 : line[field] + 1 }))
  expect(await wrongIn(pennyOff('refunded'))).toEqual([1, 0])
  expect(await wrongIn(pennyOff('credited'))).toEqual([0, 1])
  expect(await wrongIn(pennyOff('credits'))).toEqual([0, 1])
  expect(await wrongIn([])).toEqual([1, 1])
})
