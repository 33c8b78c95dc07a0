import { createFaultPoints, eventually } from 'archipel/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { startShop } from '../testing.ts'
import { orders } from './contract.ts'

/** Of real time, on a machine that has much else to do. */
const PATIENCE_MS = 30_000

const History = z.object({
  status: z.string(),
  history: z.array(z.object({ status: z.string(), at: z.string() })),
})

test('a page of news moves several orders, each milestone once and with its own time', async () => {
  const faults = createFaultPoints()
  await using shop = await startShop({ faults, telemetry: { logLevel: 'silent' } })
  const customer = await shop.customer()
  const sku = await shop.product({ pieces: 100 })
  await shop.application.idle()
  const [news, completion] = [
    faults.pause('messaging.page-due', 'orders.mark-paid'),
    faults.pause('saga.completeOrder.stored'),
  ]
  const place = async () => {
    const order = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } }
    return String((await customer.post('/orders', order)).expect(202).id)
  }
  const ids = [await place(), await place()]
  const told = async () => {
    const rows = await shop.application.query(
      `select key, type, event -> 'data' ->> 'at' as at from archipel_bus.log where publisher = 'payments' order by position`,
      [],
    )
    return new Map(rows.map(({ key, type, at }) => [`${String(key)} ${String(type)}`, String(at)]))
  }
  // Both are authorised and captured before the first page of that news is taken: it holds all four.
  await eventually(async () => (await told()).size === 4, PATIENCE_MS)
  news.release()
  const orderOf = async (id: string) => History.parse((await customer.get(`/orders/${id}`)).expect(200))
  await eventually(
    async () => (await orderOf(ids[0] ?? '')).history.some(({ status }) => status === 'paid'),
    PATIENCE_MS,
  )
  completion.release()
  await shop.application.idle()

  const times = await told()
  for (const id of ids) {
    const { status, history } = await orderOf(id)
    expect(status).toBe('completed')
    expect(history.map((milestone) => milestone.status)).toEqual([
      'placed',
      'reserved',
      'authorised',
      'paid',
      'completed',
    ])
    expect(history.slice(2, 4).map(({ at }) => Date.parse(at))).toEqual(
      ['payments.paymentAuthorised.v1', 'payments.paymentCaptured.v1'].map((type) =>
        Date.parse(times.get(`${id} ${type}`) ?? ''),
      ),
    )
  }
})

test('a page of shipments moves several orders; what it tells of one that is not completed is kept for it', async () => {
  const faults = createFaultPoints()
  await using shop = await startShop({ faults, telemetry: { logLevel: 'silent' } })
  const customer = await shop.customer()
  const sku = await shop.product({ pieces: 100 })
  const place = async () => {
    const order = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } }
    return String((await customer.post('/orders', order)).expect(202).id)
  }
  const [arrived, left] = [await place(), await place()]
  await shop.application.idle()
  const completion = faults.pause('saga.completeOrder.stored')
  const early = await place()
  await completion.reached
  const page = faults.pause('messaging.page-due', 'orders.follow-shipment')
  await shop.ship(early)
  await shop.ship(arrived)
  await shop.ship(left, 'dispatched')
  page.release()
  const orderOf = async (id: string) => History.parse((await customer.get(`/orders/${id}`)).expect(200))
  await eventually(async () => (await orderOf(left)).status === 'dispatched', PATIENCE_MS)
  expect((await orderOf(early)).history.map(({ status }) => status)).not.toContain('dispatched')
  completion.release()
  await shop.application.idle()

  const told = await shop.application.query(
    `select key, type, event -> 'data' ->> 'at' as at from archipel_bus.log where publisher = 'shipping' and type like '%.shipmentD%'`,
    [],
  )
  expect(told).toHaveLength(5)
  for (const [id, ways] of [
    [early, ['dispatched', 'delivered']],
    [arrived, ['dispatched', 'delivered']],
    [left, ['dispatched']],
  ] as const) {
    const { history } = await orderOf(id)
    const times = told.filter(({ key }) => key === id).map(({ at }) => Date.parse(String(at)))
    const shipped = history.slice(5)
    expect(shipped.map(({ status }) => status)).toEqual(ways)
    expect(shipped.map(({ at }) => Date.parse(at))).toEqual(times)
  }
  const keysOf = async (event: (typeof orders.events)['orderDispatched' | 'orderDelivered']) =>
    (await shop.application.published(event)).map(({ data }) => data.orderId).toSorted()
  expect(await keysOf(orders.events.orderDispatched)).toEqual([early, arrived, left].toSorted())
  expect(await keysOf(orders.events.orderDelivered)).toEqual([early, arrived].toSorted())
})
