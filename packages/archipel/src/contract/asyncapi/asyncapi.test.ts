import specifications from '@asyncapi/specs'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { asyncApi, contract, event } from '../index.ts'

const Address = z.object({ street: z.string(), city: z.string() }).meta({ id: 'Address' })
const Note = z.object({
  text: z.string(),
  get replies() {
    return z.array(Note)
  },
})
const Order = z.object({
  orderId: z.string(),
  total: z.int(),
  email: z.email(),
  shipTo: Address.nullable(),
  soldFrom: Address,
  lines: z.array(z.object({ sku: z.string(), engraving: z.string().optional() })),
  point: z.tuple([z.number(), z.number()]),
  note: Note.optional(),
})
const orders = contract('orders', {
  version: '2.0.0',
  operations: {},
  events: {
    orderPlaced: event({
      data: Order,
      key: 'orderId',
      version: 1,
      personal: ['email', 'shipTo.street', 'lines[].engraving', 'note'],
      retention: '30d',
    }),
    orderEnded: event({ data: Order.pick({ orderId: true, soldFrom: true }), key: 'orderId', version: 2 }),
  },
})
const document = asyncApi({
  title: 'Shop',
  contracts: [orders],
  subscriptions: [{ service: 'mail', name: 'confirm', events: [orders.events.orderPlaced] }],
})

/** The schema of the specification, from its authors. */
function official() {
  const schema: object = specifications.schemasWithoutId['3.0.0']
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false })
  ajvFormats.default(ajv)
  return ajv.compile({ ...schema })
}

test('the document passes the schema of AsyncAPI 3.0; a broken one does not', () => {
  const judge = official()
  const plain: unknown = JSON.parse(JSON.stringify(document))
  judge(plain)
  expect(judge.errors ?? []).toEqual([])
  expect(judge({ ...document, channels: { x: { messages: 'none' } } })).toBe(false)
})

test('every reference leads to a part of the document', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
    ([, path = '']) => path,
  )
  expect(references.length).toBeGreaterThan(8)
  for (const path of references) {
    let place: unknown = document
    for (const part of path.split('/')) {
      place = typeof place === 'object' && place !== null ? Reflect.get(place, part) : undefined
    }
    expect(place, path).toBeDefined()
  }
})

test('an event is a channel with a CloudEvent that its publisher sends and its subscribers receive', () => {
  expect(document.channels['orders.orderPlaced.v1']).toMatchObject({
    address: 'orders.orderPlaced.v1',
    messages: { orderPlaced: { $ref: '#/components/messages/orders.orderPlaced.v1' } },
  })
  expect(Object.entries(document.operations).map(([name, { action }]) => [name, action])).toEqual([
    ['send.orders.orderPlaced.v1', 'send'],
    ['send.orders.orderEnded.v2', 'send'],
    ['receive.orders.orderPlaced.v1.mail.confirm', 'receive'],
  ])
  expect(document.components.messages['orders.orderPlaced.v1']).toMatchObject({
    'x-personal': ['email', 'shipTo.street', 'lines[].engraving', 'note'],
    'x-key': 'orderId',
    'x-retention-seconds': 30 * 86_400,
    payload: { properties: { type: { const: 'orders.orderPlaced.v1' } } },
  })
  expect(document.components.messages['orders.orderEnded.v2']).not.toHaveProperty('x-retention-seconds')
})

test('personal fields are marked where they stand, and nowhere else', () => {
  const data = document.components.schemas['orders.orderPlaced.v1.data']
  expect(data?.properties).toMatchObject({
    email: { 'x-personal': true },
    shipTo: { anyOf: [{ properties: { street: { 'x-personal': true } } }, { type: 'null' }] },
    lines: { items: { properties: { engraving: { 'x-personal': true } } } },
    note: { 'x-personal': true },
    soldFrom: { $ref: '#/components/schemas/Address' },
    point: { items: [{ type: 'number' }, { type: 'number' }] },
  })
  expect(JSON.stringify(document.components.schemas['Address'])).not.toContain('x-personal')
  expect(JSON.stringify(document.components.schemas['orders.orderEnded.v2.data'])).not.toContain('x-personal')
})
