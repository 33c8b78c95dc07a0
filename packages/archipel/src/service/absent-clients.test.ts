import { expect, test } from 'vitest'
import { z } from 'zod'
import { contract, query } from '../contract/index.ts'
import { absentClients } from './absent-clients.ts'

const catalogue = contract('catalogue', {
  version: '1.0.0',
  operations: { getProduct: query({ access: 'internal', input: z.object({}), output: z.object({}) }) },
})

test('who calls another service in a transaction reads what to write instead', () => {
  const { inCommands, ofEvents } = absentClients('orders', { catalogue })
  const callIn = (context: object): unknown => Reflect.get(Reflect.get(context, 'catalogue'), 'getProduct')
  expect(() => callIn(inCommands)).toThrow(
    'A handler of orders called catalogue.getProduct in its transaction, where there is no network: read before it, { prepare: (input, { catalogue }) => catalogue.… } before the handler, which gets it as its third argument; or start a saga.',
  )
  expect(() => callIn(ofEvents)).toThrow('take what is needed from the event, or start a saga or an activity')
})

test('a context can be looked at, by a logger or by who waits for it, without a refusal', async () => {
  const { inCommands } = absentClients('orders', { catalogue })
  expect(JSON.stringify(inCommands)).toBe('{"catalogue":{}}')
  const client: unknown = Reflect.get(inCommands, 'catalogue')
  await expect(Promise.resolve(client)).resolves.toBe(client)
})
