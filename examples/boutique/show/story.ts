import { archipel } from './stage/archipel.ts'
import { openShop } from './stage/shop.ts'
import { say, see, seeSoon, seeThat } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')

  say(
    'Ann’s card processor answers 503 twice. What happened to her order? One command, all services, in the order of time.',
  )
  const id = await ann.order('MUG', 1, 'tok_flaky')
  await shop.ended(id)
  await seeSoon('sold', async () => (await shop.door.get('/stock/MUG')).expect(200).sold, 1)
  const story = await archipel(shop, 'order', id)
  console.log(story.replaceAll(/^(.{0,160}).*$/gm, '    $1'))
  for (const moment of [
    'placeOrder',
    'orders.orderPlaced.v1',
    'fulfilOrder version 2',
    'sent 3 times',
    'scheduleShipment',
  ])
    seeThat(`it tells of ${moment}`, story.includes(moment))

  say('Nothing was lost on the way.')
  const delivery = await archipel(shop, 'delivery')
  seeThat(
    'every subscription balances',
    delivery.includes('written = handled + in flight + parked + discarded, everywhere.'),
  )

  say('Who asks for what isn’t there is told so, by a code that scripts understand.')
  const missing = await archipel(shop, 'saga', 'show', 'orders.fulfilOrder', 'no-such-order').catch(
    (failure: { code: number; stderr: string }) => failure,
  )
  seeThat('there is an answer', typeof missing === 'object')
  if (typeof missing === 'object') see('exit code', missing.code, 66)
}
