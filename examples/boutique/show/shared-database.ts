import { openShop } from './stage/shop.ts'
import { say, see } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const id = await ann.order('MUG', 1)
  await shop.ended(id)

  const attempt = (what: string, statement: string, promised: string) =>
    shop.query(`do $$ begin set local role boutique_payments; ${statement}; end $$`).then(
      () => see(what, 'allowed', promised),
      (error: Error) => see(what, error.message, promised),
    )

  say('Payments tries to work on the tables of others, as services on a shared database do.')
  await attempt(
    'a join over two services',
    'perform from payments.payments join orders.orders o on o.id = order_id',
    'permission denied for schema orders',
  )
  await attempt(
    'completing an order by hand',
    `update orders.orders set status = 'completed'`,
    'permission denied for schema orders',
  )
  await attempt(
    'a table in another schema',
    'create table inventory.mine (id int)',
    'permission denied for schema inventory',
  )
  await attempt(
    'reading everybody’s events',
    'perform from archipel_bus.log',
    'permission denied for table log',
  )

  say('What payments may do is ask and listen: the order completed, and no service read another’s table.')
  see('her order', (await shop.ended(id)).status, 'completed')
}
