import { openShop } from './stage/shop.ts'
import { say, see, seeSoon } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const operator = await shop.signIn('operator')
  const totals = async () => {
    const { orders, refunds, net } = (await operator.get('/reports/totals')).expect(200)
    return { orders, refunds, net: net.amount }
  }

  say('Two orders are paid and one is declined. The reports hear of it and add up in tables of their own.')
  const [one] = [
    await ann.order('MUG', 2),
    await ann.order('LAMP', 1),
    await ann.order('MUG', 1, 'tok_declined'),
  ]
  await seeSoon('the totals', totals, { orders: 2, refunds: 0, net: 4_950 })
  const products = (await operator.get('/reports/products')).expect(200).items
  see(
    'products',
    products.map(({ sku, units }: { sku: string; units: number }) => `${units} ${sku}`),
    ['2 MUG', '1 LAMP'],
  )

  say('The first is called off.')
  await shop.ended(one)
  ;(await ann.post(`/orders/${one}/cancellation`, {})).expect(202)
  await seeSoon('the totals', totals, { orders: 2, refunds: 1, net: 2_450 })

  say('The host is killed between booking the next order and keeping that: it is booked once all the same.')
  shop.signal('SIGTERM')
  await shop.startAgain({ killAt: 'messaging.before-commit reports.book-orders' })
  await ann.order('LAMP', 1)
  see('the host ended by', await shop.over, 'SIGKILL')
  await shop.startAgain()
  await seeSoon('the totals', totals, { orders: 3, refunds: 1, net: 4_900 })
}
