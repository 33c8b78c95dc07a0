import { expect, test } from 'vitest'
import { z } from 'zod'
import { application } from '../application/index.ts'
import { contract, event, query, roles } from '../contract/index.ts'
import { gateway } from '../gateway/index.ts'
import { service } from '../service/index.ts'
import { sql } from '../storage/index.ts'
import { createFaultPoints, standIn, startTestApplication, testIssuer } from './index.ts'

const orders = contract('orders', {
  version: '1.0.0',
  operations: {
    getOrder: query({
      http: { route: 'GET /orders/{id}' },
      access: roles('customer'),
      input: z.object({ id: z.string() }),
      output: z.object({ total: z.int() }),
    }),
    countOrders: query({ access: 'internal', input: z.object({}), output: z.object({ orders: z.int() }) }),
  },
  events: {
    orderPlaced: event({ data: z.object({ id: z.string(), total: z.int() }), key: 'id', version: 1 }),
    orderLost: event({ data: z.object({ id: z.string(), why: z.string() }), key: 'id', version: 1 }),
  },
})

const letters = contract('letters', {
  version: '1.0.0',
  operations: {
    readTotal: query({
      http: { route: 'GET /totals/{id}' },
      access: roles('clerk'),
      input: z.object({ id: z.string() }),
      output: z.object({ total: z.int(), reader: z.string() }),
    }),
    countLetters: query({ access: 'internal', input: z.object({}), output: z.object({ letters: z.int() }) }),
  },
})
const lettersService = service(letters, { uses: { orders } })
  .operation('readTotal', async ({ id }, { orders: asked, principal }) => ({
    total: (await asked.getOrder({ id })).total,
    reader: principal.id,
  }))
  .operation('countLetters', async (_input, { orders: asked }) => ({
    letters: (await asked.countOrders()).orders,
  }))
  .on(
    orders.events.orderPlaced,
    { name: 'write', from: 'start', retry: { attempts: 1 } },
    async (_event, { db }) => {
      await db.run(sql`insert into no_such_table values (1)`)
    },
  )
  .on(orders.events.orderPlaced, { name: 'count', from: 'start' }, () => undefined)

function scene() {
  const shop = standIn(orders, { getOrder: ({ id }) => ({ total: id.length }) })
  const issuer = testIssuer({ seed: 'a test' })
  return {
    shop,
    issuer,
    office: application('office', {
      services: [lettersService, shop.service, issuer.service],
      gateway: gateway({ tokens: issuer.tokens }),
    }),
  }
}

test('a stand-in answers what it was given, at no door; a test issuer says who asks', async () => {
  const { office, issuer } = scene()
  await using app = await startTestApplication(office)
  const get = (path: string, token: string) =>
    fetch(`${app.url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })
  const clerk = issuer.token('ann', { roles: ['clerk'] })
  expect(await (await get('/totals/abc', clerk)).json()).toEqual({ total: 3, reader: 'ann' })
  expect((await get('/totals/abc', issuer.token('bob'))).status).toBe(403)
  expect((await get('/totals/abc', testIssuer().token('ann', { roles: ['clerk'] }))).status).toBe(401)
  expect((await get('/orders/abc', issuer.token('ann', { roles: ['customer'] }))).status).toBe(404)
  expect(testIssuer({ seed: 'a test' }).token('ann').length).toBe(issuer.token('ann').length)
})

/** The lines of an application's log, each as it is written. */
function logOf() {
  const lines: string[] = []
  return {
    lines,
    telemetry: { logDestination: { write: (line: string) => void lines.push(line) } },
  }
}

test('a stand-in that was given no answer says which one it lacks', async () => {
  const { office } = scene()
  const { lines, telemetry } = logOf()
  await using app = await startTestApplication(office, { telemetry })
  const lacks =
    "The stand-in of orders has no answer for 'countOrders': write standIn(orders, { countOrders: (input) => ({ … }) })"
  await expect(app.client(orders).countOrders()).rejects.toThrow(lacks)
  await expect(app.client(letters).countLetters()).rejects.toMatchObject({ code: 'ARC_INTERNAL' })
  expect(lines.some((line) => line.includes(lacks))).toBe(true)
})

test('an event that no attempt could handle fails the wait: with the statement and the line, as in the log', async () => {
  const { office, shop } = scene()
  const { lines, telemetry } = logOf()
  await using app = await startTestApplication(office, { telemetry })
  await shop.publish(app).orderPlaced({ id: 'o-1', total: 5 })
  await expect(app.idle()).rejects.toThrow(
    /orders\.orderPlaced\.v1 of 'o-1' at 'letters\.write', 1 attempts: .*; in the statement: insert into no_such_table values \(1\) \(at .*stand-in\.system\.test\.ts:\d+/,
  )
  const parked = lines.find((line) => line.includes('an event is parked'))
  expect(JSON.parse(parked ?? '')).toMatchObject({
    application: 'office',
    service: 'letters',
    error: {
      details: { statement: 'insert into no_such_table values (1)', position: '13' },
      stack: expect.stringMatching(/stand-in\.system\.test\.ts:\d+/),
    },
  })
  expect(parked?.split('"service":')).toHaveLength(2)
})

test('what fails after the commit is no failure of a handler', async () => {
  const { office, shop } = scene()
  const { lines, telemetry } = logOf()
  const faults = createFaultPoints()
  faults.fail('messaging.after-commit', { subject: 'letters.count' })
  await using app = await startTestApplication(office, { telemetry, faults, mayPark: true })
  await shop.publish(app).orderPlaced({ id: 'o-1', total: 5 })
  await app.idle()
  expect(faults.count('messaging.event-handled', 'letters.count')).toBe(1)
  const said = lines.filter((line) => line.includes('"subscription":"count"'))
  expect(said).toHaveLength(1)
  expect(said[0]).toContain('events were handled, but what follows their commit failed')
})

test('what was published can be looked at, of several events in the order of their commits', async () => {
  const { office, shop } = scene()
  await using app = await startTestApplication(office, { mayPark: true })
  expect(await app.published(orders.events.orderPlaced)).toEqual([])
  const { orderPlaced, orderLost } = shop.publish(app)
  await orderPlaced({ id: 'o-1', total: 5 })
  await orderLost({ id: 'o-1', why: 'fire' })
  await orderPlaced({ id: 'o-2', total: 7 })
  const placed = await app.published(orders.events.orderPlaced)
  expect(placed.map(({ data }) => data.total)).toEqual([5, 7])
  const both = await app.published(orders.events.orderLost, orders.events.orderPlaced)
  expect(
    both.map(({ subject, type, data }) => [subject, type === 'orders.orderLost.v1' ? data.why : data.total]),
  ).toEqual([
    ['o-1', 5],
    ['o-1', 'fire'],
    ['o-2', 7],
  ])
})

test('what a stand-in publishes fits the contract', async () => {
  const { office, shop } = scene()
  await using app = await startTestApplication(office, { mayPark: true })
  await expect(shop.publish(app).orderPlaced(JSON.parse('{"id":"o-1"}'))).rejects.toThrow(
    /orders\.orderPlaced\.v1 doesn't fit its contract: total: /,
  )
  await app.idle()
})
