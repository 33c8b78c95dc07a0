import { openShop } from './stage/shop.ts'
import { say, see } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const { door } = shop
  const ann = await shop.signIn('ann')

  say('One door in front of all services; its routes are those of their contracts.')
  see('catalogue answers', (await door.get('/products/MUG')).status, 200)
  see('inventory answers', (await door.get('/stock/MUG')).status, 200)
  see('orders answers Ann', (await ann.get('/orders')).status, 200)

  say('What no contract offers outside is not there.')
  see('an operation that is internal', (await ann.post('/reserve', {})).status, 404)
  const wrong = await door.ask('DELETE', '/products')
  see(
    'a wrong method, and which are right',
    [wrong.status, wrong.headers.get('allow')],
    [405, 'GET, HEAD, POST'],
  )
  const text = await ann.ask('POST', '/orders', { raw: 'x', headers: { 'content-type': 'text/plain' } })
  see('a wrong type of content', text.status, 415)
  const huge = await ann.ask('POST', '/orders', {
    raw: `"${'x'.repeat(1_200_000)}"`,
    headers: { 'content-type': 'application/json' },
  })
  see('a body of 1.2 MB', huge.status, 413)

  say('Nobody says who they are but by a token: such headers are not listened to.')
  const disguised = await door.ask('GET', '/orders', {
    headers: { 'x-user': 'ann', 'x-forwarded-user': 'ann', 'x-principal': 'ann' },
  })
  see('without a token', disguised.status, 401)
}
