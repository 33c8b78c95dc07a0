import { randomUUID } from 'node:crypto'
import { application } from 'archipel'
import { startTestApplication, type TestApplication } from 'archipel/testing'
import { expect, test } from 'vitest'
import { catalogue } from '../catalogue/contract.ts'
import { catalogueService } from '../catalogue/service.ts'
import { orders } from '../orders/contract.ts'
import { newsOf } from '../testing-news.ts'
import { inventory } from './contract.ts'
import { inventoryService } from './service.ts'

const ordersNews = newsOf(orders)
const stockroom = application('stockroom', {
  services: [catalogueService, inventoryService, ordersNews.service],
})
const principal = { id: 'tests', roles: ['merchandiser', 'trade'], scopes: [] }

const stock = (room: TestApplication) => room.client(inventory, { principal, idempotencyKey: randomUUID() })

async function product(room: TestApplication, sku: string, quantity: number): Promise<string> {
  const products = room.client(catalogue, { principal, idempotencyKey: sku })
  await products.addProduct({ sku, name: sku, price: { amount: 1, currency: 'GBP' } })
  await stock(room).receiveStock({ sku, quantity })
  return sku
}

const outcomeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )

test('500 orders at once for 10 pieces: exactly 10 get one', async () => {
  await using room = await startTestApplication(stockroom, { doors: false })
  const sku = await product(room, 'LAST-10', 10)
  await stock(room).setLowStock({ sku, lowAt: 3 })
  const outcomes = await Promise.all(
    Array.from({ length: 500 }, () =>
      outcomeOf(stock(room).reserve({ orderId: randomUUID(), lines: [{ sku, quantity: 1 }] })),
    ),
  )
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(10)
  expect(outcomes.filter((outcome) => outcome === 'OUT_OF_STOCK')).toHaveLength(490)
  expect(await stock(room).getStock({ sku })).toMatchObject({ available: 0, reserved: 10, sold: 0 })
  const low = await room.query(`select from archipel_bus.log where type = 'inventory.stockLow.v1'`)
  expect(low, 'low stock is told once').toHaveLength(1)
})

test('the opening stock of a trader counts once, however often and at once it is sent', async () => {
  await using room = await startTestApplication(stockroom, { doors: false })
  const sku = await product(room, 'OPEN-1', 1)
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, turn) =>
      stock(room)
        .importStock({ sku, quantity: turn === 19 ? 7 : 5 })
        .then(
          ({ quantity }) => quantity,
          (error: { code: string }) => error.code,
        ),
    ),
  )
  const { received } = await stock(room).getStock({ sku })
  expect([6, 8]).toContain(received)
  const [right, wrong] = received === 6 ? [19, 1] : [1, 19]
  expect(outcomes.filter((outcome) => outcome === received - 1)).toHaveLength(right)
  expect(outcomes.filter((outcome) => outcome === 'OPENING_TAKEN')).toHaveLength(wrong)
})

/** Sales are handled many in a transaction, in the order of events: a sale that locks shelves deadlocks here. */
test('large orders of the same goods are reserved, sold, restocked and returned at once without a deadlock', async () => {
  await using room = await startTestApplication(stockroom, { doors: false })
  const skus = await Promise.all(
    Array.from({ length: 40 }, (_, number) => product(room, `S-${number}`, 10_000)),
  )
  const turns = Array.from({ length: 240 }, (_, turn) => turn)
  const workers = Array.from({ length: 8 }, async () => {
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) await fulfil(room, turn, skus)
  })
  await Promise.all(workers)
  await room.idle()
  const sums = await room.query(
    `select sum(available)::int as available, sum(reserved)::int as reserved, sum(sold)::int as sold, sum(written_off)::int as "writtenOff" from inventory.stock`,
  )
  // 240 orders of 20 pieces: each third goes back whole, of each other third 20 pieces come back, half of them broken.
  expect(sums).toEqual([
    { available: 400_000 - 80 * 20 - 80 * 10, reserved: 0, sold: 80 * 20, writtenOff: 80 * 10 },
  ])
  await room.stop()
  const [counters] = await room.query(
    `select deadlocks::int from pg_stat_database where datname = current_database()`,
  )
  expect(counters).toEqual({ deadlocks: 0 })
})

/** Half of the goods, from another one on and the other way round each time. */
async function fulfil(room: TestApplication, turn: number, skus: readonly string[]): Promise<void> {
  const turned = [...skus.slice(turn % 40), ...skus.slice(0, turn % 40)].slice(0, 20)
  const lines = (turn % 2 === 0 ? turned : turned.toReversed()).map((sku) => ({ sku, quantity: 1 }))
  const orderId = randomUUID()
  await stock(room).reserve({ orderId, lines })
  const data = {
    orderId,
    customerId: orderId,
    total: { amount: 1, currency: 'GBP' },
    at: new Date().toISOString(),
  }
  await ordersNews.tell(room, [{ event: 'orderCompleted', data }])
  if (turn % 3 === 0) await stock(room).restock({ orderId })
  if (turn % 3 === 1) {
    const back = lines.map((line, number) => ({
      ...line,
      disposition: number % 2 === 0 ? ('restock' as const) : ('writeOff' as const),
    }))
    await stock(room).takeBack({ returnId: randomUUID(), orderId, lines: back })
  }
}

test('corrections at once take no more than there is, and low stock is told once', async () => {
  await using room = await startTestApplication(stockroom, { doors: false })
  const sku = await product(room, 'WORN-1', 10)
  await stock(room).setLowStock({ sku, lowAt: 4 })
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, () =>
      outcomeOf(stock(room).correctStock({ sku, quantity: -1, reason: 'damaged' })),
    ),
  )
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(10)
  expect(outcomes.filter((outcome) => outcome === 'MORE_THAN_AVAILABLE')).toHaveLength(30)
  const low = await room.query(`select from archipel_bus.log where type = 'inventory.stockLow.v1'`)
  expect(low).toHaveLength(1)
})
