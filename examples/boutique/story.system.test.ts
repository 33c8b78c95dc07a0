import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from './testing.ts'

const BIN = join(dirname(createRequire(import.meta.url).resolve('archipel/package.json')), 'bin/archipel.mjs')

interface Entry {
  readonly kind: string
  readonly service: string
  readonly what: string
  readonly outcome: string
  readonly key?: string
  readonly detail?: string
}

let shop: TestShop
let customer: Person
let sku: string
beforeAll(async () => {
  shop = await startShop()
  customer = await shop.customer()
  sku = await shop.product({ pieces: 10 })
})
afterAll(() => shop[Symbol.asyncDispose]())

async function archipel(...argv: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, ...argv], {
    env: { ...process.env, ARCHIPEL_DATA: shop.application.dataFolder },
    timeout: 60_000,
  })
  return stdout
}

async function storyOf(id: string): Promise<Entry[]> {
  await shop.application.idle()
  return JSON.parse(await archipel('order', id, '--json')).entries
}

const lineOf = ({ kind, service, what, outcome }: Entry) => `${kind} ${service} ${what} ${outcome}`

test('the command tells the story of an order that went well, across all services', async () => {
  const { id } = await shop.order(customer, [{ sku, quantity: 2 }])
  const entries = await storyOf(id)
  expect(entries.map(lineOf)).toEqual(
    expect.arrayContaining([
      'call orders placeOrder answered',
      'event orders orders.orderPlaced.v1 handled',
      'saga orders fulfilOrder version 2 completed',
      'step orders reserveStock → inventory.reserve done',
      'call inventory reserve answered',
      'step orders authorisePayment → payments.authorise done',
      'effect payments authorise answered',
      'effect payments capture answered',
      'step orders scheduleShipment → shipping.scheduleShipment done',
      'call orders completeOrder answered',
      'event orders orders.orderCompleted.v1 handled',
    ]),
  )
  const effects = entries.filter(({ kind, service }) => kind === 'effect' && service === 'payments')
  for (const { key, detail } of effects)
    expect({ key, detail }).toEqual({ key: expect.any(String), detail: 'sent once' })
  expect(JSON.stringify(entries)).not.toContain(customer.email)
  expect(JSON.stringify(entries)).not.toContain('tok_ok')
})

test('and of one whose card was declined: what was refused, and what was undone', async () => {
  const { id } = await shop.order(customer, [{ sku, quantity: 1 }], 'tok_declined')
  const entries = await storyOf(id)
  expect(entries.map(lineOf)).toEqual(
    expect.arrayContaining([
      'saga orders fulfilOrder version 2 compensated',
      'step orders authorisePayment → payments.authorise refused',
      'undo orders reserveStock → inventory.release done',
      'event orders orders.orderRejected.v1 handled',
    ]),
  )
  const refused = entries.find(
    ({ what, outcome }) => what.startsWith('authorisePayment') && outcome === 'refused',
  )
  expect(refused?.detail).toMatch(/^[A-Z_]+: /)
})
