import type { Shop } from './stage/shop.ts'
import { openShop } from './stage/shop.ts'
import { say, see } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()

  say('Each service logs in with a role of its own, and PostgreSQL itself keeps them apart.')
  see('orders reads its orders', await as(shop, 'boutique_orders', 'select * from orders.orders'), 'done')
  see(
    'orders reads the stock',
    await as(shop, 'boutique_orders', 'select * from inventory.stock'),
    'refused: permission denied for schema inventory',
  )
  see(
    'orders changes the stock',
    await as(shop, 'boutique_orders', 'update inventory.stock set available = 0'),
    'refused: permission denied for schema inventory',
  )

  say('Queries use a second role that can only read, whatever a handler tries.')
  see('the reader reads', await as(shop, 'boutique_orders_reader', 'select * from orders.orders'), 'done')
  see(
    'the reader writes',
    await as(shop, 'boutique_orders_reader', 'delete from orders.orders'),
    'refused: permission denied for table orders',
  )
}

/** What the server says to a statement of this role, in a transaction that is given up. */
async function as(shop: Shop, role: string, statement: string): Promise<string> {
  const attempt = `do $$ begin set local role ${role}; ${statement.replace('select *', 'perform')}; reset role; end $$`
  return shop.query(attempt).then(
    () => 'done',
    (error: Error) => `refused: ${error.message}`,
  )
}
