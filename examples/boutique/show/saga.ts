import { openShop, type Order, type Shop } from './stage/shop.ts'
import { say, see, seeSoon } from './stage/telling.ts'

const way = ({ history }: Order) => history.map(({ status }) => status).join(' → ')

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')

  say('Ann orders two mugs. Three services work for her, step by step.')
  const good = await shop.ended(await ann.order('MUG', 2))
  see('her order', way(good), 'placed → reserved → authorised → paid → completed')
  await seeStock(shop, 'two were sold', { received: 100, available: 98, reserved: 0, sold: 2 })

  say('She orders three more with a card whose capture, the pivot, will be declined.')
  const bad = await shop.ended(await ann.order('MUG', 3, 'tok_capture_declined'))
  see('the reason', bad.rejection?.code, 'CAPTURE_DECLINED')
  await seeStock(shop, 'the reservation was undone', { received: 100, available: 98, reserved: 0, sold: 2 })
  see('the processor holds and took nothing', await shop.books(bad.id), {
    captured: 0,
    captures: 0,
    refunded: 0,
    held: 0,
  })

  say(
    'Once more, and the host is killed while it undoes: after the void was sent, before its answer was kept.',
  )
  shop.signal('SIGTERM')
  await shop.startAgain({ killAt: 'saga.authorisePayment.undo-answered' })
  const id = await ann.order('MUG', 5, 'tok_capture_declined')
  see('the host ended by', await shop.over, 'SIGKILL')
  await shop.startAgain()
  const recovered = await shop.ended(id)
  see(
    'after a new start the order ends',
    `${recovered.status} ${recovered.rejection?.code}`,
    'rejected CAPTURE_DECLINED',
  )
  await seeStock(shop, 'nothing stays reserved', { received: 100, available: 98, reserved: 0, sold: 2 })
  see('the processor holds and took nothing', await shop.books(id), {
    captured: 0,
    captures: 0,
    refunded: 0,
    held: 0,
  })
}

interface Pieces {
  readonly received: number
  readonly available: number
  readonly reserved: number
  readonly sold: number
}

/** Selling follows the event of the completed order, a moment later. */
function seeStock({ door }: Shop, what: string, stock: Pieces): Promise<void> {
  const ask = async () => {
    const { received, available, reserved, sold } = (await door.get('/stock/MUG')).expect(200)
    return { received, available, reserved, sold }
  }
  return seeSoon(what, ask, stock)
}
