import { readFile } from 'node:fs/promises'
import { application } from 'archipel'
import { ordersService } from '../orders/service.ts'
import { drawMap } from './stage/map.ts'
import { refusalOf, say, seeThat } from './stage/telling.ts'

const PAGE = new URL('../../../docs/patterns/context-map.md', import.meta.url)

export async function show(): Promise<void> {
  say(
    'The map of the shop, drawn from what its services declare: solid arrows ask, thick ones command by a saga, dotted ones are events.',
  )
  const map = drawMap()
  console.log(map.replaceAll(/^/gm, '    '))
  seeThat('the map on the page is the same', (await readFile(PAGE, 'utf8')).includes(map))

  say('A context that depends on one that is not there is refused when the application is put together.')
  const refusal = refusalOf(() => application('island', { services: [ordersService] }))
  seeThat(
    'the refusal names the place and the missing service',
    refusal.includes("services.orders.uses.catalogue: there is no service 'catalogue'"),
  )
}
