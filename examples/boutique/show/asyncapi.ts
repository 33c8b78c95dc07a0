import specifications from '@asyncapi/specs'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { contract, event } from 'archipel'
import { fetch } from 'undici'
import { z } from 'zod'
import { openShop } from './stage/shop.ts'
import { refusalOf, say, see, seeThat } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()

  say(
    'All events of the shop, described from the contracts at /asyncapi.json, judged by the specification’s own schema.',
  )
  const document = (await (await fetch(`${shop.url}/asyncapi.json`)).json()) as Described
  see('its version', document.asyncapi, '3.0.0')
  see('faults', faultsOf(document), [])
  seeThat(
    `${Object.keys(document.channels).length} kinds of events`,
    'orders.orderDispatched.v1' in document.channels,
  )
  const channel = '#/channels/orders.orderDispatched.v1'
  const users = Object.entries(document.operations).filter(
    ([, operation]) => operation.channel.$ref === channel,
  )
  see(
    'who sends it, who receives it',
    users.map(([name]) => name.replace('orders.orderDispatched.v1', '…')),
    ['send.…', 'receive.….notifications.tell-customers'],
  )

  say(
    'A contract says which fields of an event are about a person: they are masked in logs and for operators. A mark that marks nothing is refused.',
  )
  const Told = z.object({ id: z.string(), email: z.email() })
  const told = (personal: string) =>
    contract('people', {
      version: '1.0.0',
      operations: {},
      events: { told: event({ data: Told, key: 'id', version: 1, personal: [personal] }) },
    })
  see('personal', told('email').events.told.personal, ['email'])
  const refusal = refusalOf(() => told('mail'))
  console.log(refusal.replaceAll(/^/gm, '    '))
  seeThat('the refusal names the field', refusal.includes('mail'))
}

interface Described {
  readonly asyncapi: string
  readonly channels: object
  readonly operations: Readonly<Record<string, { action: string; channel: { $ref: string } }>>
}

function faultsOf(document: object): unknown[] {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false })
  ajvFormats.default(ajv)
  const schema: object = specifications.schemasWithoutId['3.0.0']
  const judge = ajv.compile({ ...schema })
  judge(document)
  return judge.errors ?? []
}
