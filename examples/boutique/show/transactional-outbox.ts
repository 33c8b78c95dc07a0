import { randomUUID } from 'node:crypto'
import { openShop, type Shop } from './stage/shop.ts'
import { say, see } from './stage/telling.ts'

const NOTHING = { orders: 0, events: 0, sagas: 0 }
const ALL = { orders: 1, events: 1, sagas: 1 }

export async function show(): Promise<void> {
  say('A host that will be killed just before an order is committed.')
  await using shop = await openShop({ killAt: 'command.before-commit orders.placeOrder' })
  const ann = await shop.signIn('ann')
  const key = randomUUID()
  await ann.order('MUG', 1, 'tok_ok', key).catch(() => undefined)
  see('it ended by', await shop.over, 'SIGKILL')
  see('what there is', await written(shop), NOTHING)

  say('Started again, to be killed right after the commit, before anybody got an answer.')
  await shop.startAgain({ killAt: 'command.after-commit orders.placeOrder' })
  await ann.order('MUG', 1, 'tok_ok', key).catch(() => undefined)
  see('it ended by', await shop.over, 'SIGKILL')
  see('what there is', await written(shop), ALL)

  say('Started again. Ann, who knows nothing of all this, repeats her request with its key.')
  await shop.startAgain()
  const id = await ann.order('MUG', 1, 'tok_ok', key)
  see('her order', (await shop.ended(id)).status, 'completed')
  see('what there is', await written(shop), ALL)
}

/** The order, the event that tells of it, and the saga that it starts. */
async function written(shop: Shop): Promise<unknown> {
  const [row] = await shop.query(`select (select count(*)::int from orders.orders) as orders,
    (select count(*)::int from archipel_bus.log where type like 'orders.orderPlaced%') as events,
    (select count(*)::int from orders.archipel_sagas) as sagas`)
  return row
}
