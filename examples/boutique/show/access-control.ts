import { contract, query } from 'archipel'
import { z } from 'zod'
import { openShop } from './stage/shop.ts'
import { refusalOf, say, see, seeThat } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const [ann, bob, support, merchandiser] = [
    await shop.signIn('ann'),
    await shop.signIn('bob'),
    await shop.signIn('support'),
    await shop.signIn('merchandiser'),
  ]
  const id = await ann.order('MUG', 1)
  const statuses = (path: string) =>
    Promise.all([shop.door, bob, ann, support].map(async (door) => (await door.get(path)).status))

  say('Ann’s order is read by nobody, Bob, Ann and support, in this order. To Bob it does not exist.')
  see('the order', await statuses(`/orders/${id}`), [401, 404, 200, 200])
  see('Bob’s own orders', (await bob.get('/orders')).expect(200).items, [])

  say('What needs a role is refused without it.')
  const product = { sku: 'CUP', name: 'Cup', price: { amount: 500, currency: 'GBP' } }
  see('a customer adds a product', (await ann.post('/products', product)).status, 403)
  see('a merchandiser does', (await merchandiser.post('/products', product)).status, 201)

  say('An operation without a rule can not be built at all.')
  const careless: object = { http: { route: 'GET /secrets' }, input: z.object({}), output: z.object({}) }
  const refusal = refusalOf(() =>
    contract('careless', {
      version: '1.0.0',
      // The compiler refuses this as well; the way around it is to leave its sight.
      operations: { readSecrets: Reflect.apply(query, undefined, [careless]) },
    }),
  )
  console.log(refusal.replaceAll(/^/gm, '    '))
  seeThat('the refusal speaks of access', refusal.includes('access'))
}
