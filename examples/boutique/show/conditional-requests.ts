import { openShop } from './stage/shop.ts'
import { say, see, seeThat } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const merchandiser = await shop.signIn('merchandiser')
  const ask = (headers: Record<string, string> = {}) => shop.door.ask('GET', '/products/MUG', { headers })

  say('The page of a product says how long it may be kept, and names itself.')
  const page = await ask()
  const tag = page.headers.get('etag') ?? ''
  see('Cache-Control', page.headers.get('cache-control'), 'public, max-age=5')
  seeThat(`ETag: ${tag}`, /^"[\w-]{43}"$/.test(tag))

  say('Afterwards it is asked for with that name: while it is the same, nothing but that is said.')
  const same = await ask({ 'if-none-match': tag })
  see('the answer', [same.status, same.text.length], [304, 0])

  say('The price changes: the name is another one, and the whole page comes.')
  const price = { amount: 1_500, currency: 'GBP' }
  ;(await merchandiser.put('/products/MUG/price', { price })).expect(200)
  const changed = await ask({ 'if-none-match': tag })
  see('the answer', [changed.status, changed.body.price], [200, price])

  say('Whoever asks with a token keeps the answer alone; what is no product page is kept by nobody.')
  const own = await merchandiser.ask('GET', '/products/MUG')
  see('Cache-Control, asked with a token', own.headers.get('cache-control'), 'private, max-age=5')
  const ann = await shop.signIn('ann')
  see('of Ann’s orders', (await ann.get('/orders')).headers.get('cache-control'), 'no-store')
}
