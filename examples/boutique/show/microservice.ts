import { application } from 'archipel'
import { ordersService } from '../orders/service.ts'
import { openShop } from './stage/shop.ts'
import { refusalOf, say, see, seeThat } from './stage/telling.ts'

export async function show(): Promise<void> {
  say('The catalogue is started alone: its code, its tables, its routes, and nothing else of the shop.')
  await using shop = await openShop({ alone: true })
  see('it answers', (await shop.door.get('/products/MUG')).expect(200).price.amount, 1_250)
  see('it is all there is: GET /orders', (await shop.door.get('/orders')).status, 404)
  const schemas = await shop.query(`select distinct table_schema as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema') and table_schema not like 'archipel%'`)
  see(
    'services that have tables',
    schemas.map(({ name }) => name),
    ['catalogue'],
  )

  say(
    'Orders needs others. Started without them it is refused before anything runs, and told what is missing.',
  )
  const refusal = refusalOf(() => application('half', { services: [ordersService] }))
  console.log(refusal.replaceAll(/^/gm, '    '))
  seeThat(
    'the refusal names the missing services',
    ['catalogue', 'inventory', 'payments'].every((name) => refusal.includes(name)),
  )
}
