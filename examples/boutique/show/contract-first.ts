import { command, contract, query } from 'archipel'
import { z } from 'zod'
import { openShop } from './stage/shop.ts'
import { refusalOf, say, see, seeThat } from './stage/telling.ts'
import { validate } from '../testing-openapi.ts'
import { fetch } from 'undici'

export async function show(): Promise<void> {
  await using shop = await openShop()

  say('The description of the API is made from the contracts; a validator that is not ours reads it.')
  const document = (await (await fetch(`${shop.url}/openapi.json`)).json()) as Described
  see('its version', document.openapi, '3.1.0')
  see('valid', (await validate(document)).valid, true)
  seeThat(`routes: ${Object.keys(document.paths).join(', ')}`, '/orders/{id}/events' in document.paths)

  say(
    'A contract that promises what JSON can not carry is refused when it is built, with the place and advice.',
  )
  const refusal = refusalOf(() =>
    contract('diary', {
      version: '1.0.0',
      operations: {
        write: command({ access: 'public', input: z.object({ day: z.date() }), output: z.object({}) }),
        read: query({ access: 'public', input: z.object({}), output: z.object({ pages: z.bigint() }) }),
      },
    }),
  )
  console.log(refusal.replaceAll(/^/gm, '    '))
  seeThat('both places are named', refusal.includes('day') && refusal.includes('pages'))
}

interface Described {
  readonly openapi: string
  readonly paths: object
}
