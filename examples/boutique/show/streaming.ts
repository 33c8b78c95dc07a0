import { openShop } from './stage/shop.ts'
import { say, see } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')

  say(
    'Ann watches her order; the processor is slow, so she sees it live. After two items her connection breaks.',
  )
  const id = await ann.order('MUG', 1, 'tok_capture_slow')
  const path = `/orders/${id}/events`
  const broken = new AbortController()
  const seen: (string | undefined)[] = []
  const onItem = (item: { id: string | undefined }) => {
    seen.push(item.id)
    if (seen.length === 2) broken.abort()
  }
  await ann.follow(path, { onItem, signal: broken.signal }).catch(() => undefined)
  see('ids so far', seen, ['1', '2'])

  say('She comes again and says where she was. The warehouse sends her mug, and it arrives.')
  const following = ann.follow(path, { lastEventId: '2' })
  await shop.ended(id)
  const warehouse = await shop.signIn('warehouse')
  const { items } = (await warehouse.get('/shipments?status=ready')).expect(200)
  for (const step of ['dispatch', 'delivery'])
    (await warehouse.post(`/shipments/${items[0]?.id}/${step}`, {})).expect(200)
  const rest = await following
  see(
    'ids after that',
    rest.items.map((item) => item.id ?? item.event),
    ['3', '4', '5', '6', '7', 'end'],
  )
  see(
    'whoever has seen the end is told to stay away',
    (await ann.follow(path, { lastEventId: '7' })).status,
    204,
  )

  say('The stream of an order is its customer’s alone.')
  see('Bob', (await (await shop.signIn('bob')).follow(path)).status, 404)
}
