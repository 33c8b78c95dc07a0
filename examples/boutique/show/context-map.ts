import { readFile } from 'node:fs/promises'
import { application } from 'archipel'
import { createBoutique } from '../application.ts'
import { createMailBeside } from '../shop.ts'
import { ordersService } from '../orders/service.ts'
import { say, seeThat } from './stage/telling.ts'

const PAGE = new URL('../../../docs/patterns/context-map.md', import.meta.url)

export async function show(): Promise<void> {
  say(
    'The map of the shop, drawn from what its services declare: solid arrows ask, thick ones command by a saga, dotted ones listen.',
  )
  const map = contextMap()
  console.log(map.replaceAll(/^/gm, '    '))
  seeThat('the map on the page is the same', (await readFile(PAGE, 'utf8')).includes(map))

  say('A context that depends on one that is not there is refused when the application is put together.')
  let refusal = ''
  try {
    application('island', { services: [ordersService] })
  } catch (error) {
    refusal = String(error)
  }
  seeThat(
    'the refusal names the place and the missing service',
    refusal.includes("services.orders.uses.catalogue: there is no service 'catalogue'"),
  )
}

/** As a mermaid flowchart. */
function contextMap(): string {
  const provider = {
    authorise: unused,
    capture: unused,
    void: unused,
    refund: unused,
    credit: unused,
  }
  const { services } = createBoutique({ provider, mail: createMailBeside().sender })
  const arrows = services.flatMap(({ contract: { name }, definition }) => [
    ...Object.values(definition.uses).map((used) => `  ${name} -->|asks| ${used.name}`),
    ...definition.activities.flatMap((activity) =>
      Object.values(activity.uses).map((used) => `  ${name} -->|${activity.name} asks| ${used.name}`),
    ),
    ...definition.sagas.flatMap((saga) =>
      Object.values(saga.uses).map((used) => `  ${name} ==>|${saga.name}| ${used.name}`),
    ),
    ...definition.subscriptions.map(
      ({ events, options }) => `  ${events[0]?.publisher} -.->|${options.name}| ${name}`,
    ),
  ])
  return ['flowchart LR', ...services.map(({ contract }) => `  ${contract.name}`), ...arrows].join('\n')
}

function unused(): never {
  throw new Error('nothing is called while a map is drawn')
}
