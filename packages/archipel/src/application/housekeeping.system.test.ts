import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, contract, event } from '../contract/index.ts'
import { saga } from '../saga/index.ts'
import { service } from '../service/index.ts'
import { createSkippableTime, eventually, startTestApplication } from '../testing/index.ts'
import { application } from './index.ts'

const DAY_MS = 24 * 60 * 60_000
const Id = z.object({ id: z.string() })

const stock = contract('stock', {
  version: '1.0.0',
  operations: { reserve: command({ access: 'internal', input: Id, output: z.object({}) }) },
  events: { reserved: event({ data: Id, key: 'id', version: 1, retention: '7d' }) },
})
const orders = contract('orders', {
  version: '1.0.0',
  operations: {
    place: command({ access: 'internal', input: Id, output: Id }),
    pay: command({ access: 'internal', input: Id, output: z.object({}) }),
  },
})
const fulfil = saga('fulfil', {
  version: 1,
  input: Id,
  uses: { stock, orders },
  retry: { first: '1h', longest: '1h' },
})
  .step('reserve', ({ input }, { stock }) => stock.reserve(input), {
    undo: ({ input }, { stock }) => stock.reserve(input),
  })
  .pivot('pay', ({ input }, { orders }) => orders.pay(input))

/** Orders whose payment never goes through stay under way. */
function shop(unpaid: ReadonlySet<string>, reserved: string[]) {
  return application('shop', {
    services: [
      service(stock, {}).operation('reserve', async ({ id }, { publish }) => {
        reserved.push(id)
        publish.reserved({ id })
        return {}
      }),
      service(orders, { sagas: [fulfil] })
        .operation('place', async ({ id }, { start }) => {
          start.fulfil(id, { id })
          return { id }
        })
        .operation('pay', async ({ id }) => {
          if (unpaid.has(id)) throw new Error('the bank is closed')
          return {}
        })
        .on(stock.events.reserved, { name: 'look', from: 'start' }, async () => undefined),
    ],
  })
}

test('after a month what ended is gone, and all that a saga under way may still ask for is there', async () => {
  const time = createSkippableTime()
  const unpaid = new Set(['waiting'])
  const reserved: string[] = []
  await using running = await startTestApplication(shop(unpaid, reserved), { time, doors: false })
  const rows = async (table: string) =>
    Number((await running.query(`select count(*) as rows from ${table}`))[0]?.['rows'])
  for (const id of ['done', 'waiting']) {
    await running.client(orders, { idempotencyKey: `placing-${id}` }).place({ id })
  }
  await eventually(async () => (await rows(`orders.archipel_sagas where status = 'completed'`)) === 1)
  await eventually(async () => (await rows('stock.archipel_idempotency')) === 2)

  // Nothing goes before its time.
  time.skip(6 * DAY_MS)
  await running.client(orders, { idempotencyKey: 'placing-later' }).place({ id: 'later' })
  await eventually(async () => (await rows(`orders.archipel_sagas where status = 'completed'`)) === 2)
  expect(await rows('archipel_bus.kept_604800')).toBe(3)

  time.skip(26 * DAY_MS)
  const afterARound = (done: () => Promise<boolean>) =>
    eventually(() => {
      time.skip(DAY_MS / 24)
      return done()
    })
  await afterARound(async () => (await rows('archipel_bus.kept_604800')) === 0)
  await afterARound(async () => (await rows(`orders.archipel_sagas where id = 'done'`)) === 0)
  await afterARound(async () => (await rows(`orders.archipel_idempotency where key = 'placing-done'`)) === 0)
  expect(await running.query('select id from orders.archipel_sagas order by id')).toEqual([
    { id: 'later' },
    { id: 'waiting' },
  ])
  // The answers that the waiting saga got may be asked for again.
  expect(await rows(`stock.archipel_idempotency where key like 'fulfil/waiting/%'`)).toBe(1)

  unpaid.clear()
  await afterARound(
    async () => (await rows(`orders.archipel_sagas where id = 'waiting' and status = 'completed'`)) === 1,
  )
  expect(reserved.filter((id) => id === 'waiting')).toHaveLength(1)
})

test('an operator sees at the operations port who nobody handles, and drops it', async () => {
  await using running = await startTestApplication(shop(new Set(), []))
  const token = await readFile(join(running.dataFolder, 'operations-token'), 'utf8')
  const ask = async (path: string, body?: object) => {
    const answer = await fetch(`${running.operationsUrl}${path}`, {
      headers: { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: await answer.json() }
  }
  await running.query(
    `insert into archipel_bus.subscriptions (service, name, publisher, types, type_marks, from_position, counted_to)
     values ('orders', 'forgotten', 'stock', '{stock.reserved.v1}', '{0}', 0, 0)`,
  )
  expect(await ask('/subscriptions')).toMatchObject({
    status: 200,
    body: {
      items: [
        { service: 'orders', subscription: 'forgotten', handled: false, position: 0 },
        { service: 'orders', subscription: 'look', handled: true },
      ],
    },
  })
  const by = { who: 'anna', why: 'it was replaced' }
  expect(await ask('/subscriptions/orders/look/drop', by)).toMatchObject({ status: 409 })
  expect(await ask('/subscriptions/orders/forgotten/drop', by)).toMatchObject({ body: { dropped: true } })
  expect((await ask('/subscriptions')).body).toMatchObject({ items: [{ subscription: 'look' }] })
  expect(await running.query('select operation, who from archipel.operator_actions')).toContainEqual({
    operation: 'dropSubscription',
    who: 'anna',
  })
})
