import { randomUUID } from 'node:crypto'
import { application } from 'archipel'
import { startTestApplication, type TestApplication } from 'archipel/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalogue } from '../catalogue/contract.ts'
import { catalogueService } from '../catalogue/service.ts'
import { orders } from '../orders/contract.ts'
import { newsOf } from '../testing-news.ts'
import { inventory } from './contract.ts'
import { inventoryService } from './service.ts'
import { anySteps, createStockModel, EVERY_OUTCOME, SKUS, type Step } from './testing-model.ts'

const ordersNews = newsOf(orders)
const stockRoom = application('stockroom', {
  services: [catalogueService, inventoryService, ordersNews.service],
})
const principal = { id: 'tests', roles: ['merchandiser'], scopes: [] }

/** What a run must have met, or it proves nothing. */
const OUTCOMES = [
  'reserve ok',
  'reserve OUT_OF_STOCK',
  'sold ok',
  'release ok',
  'release ALREADY_SOLD',
  'restock ok',
  'correct ok',
  'correct MORE_THAN_AVAILABLE',
  'takeBack ok',
  'takeBack NOT_SOLD',
  'takeBack MORE_THAN_SOLD',
]

test('whatever happens in whatever order, refusals included, the stock adds up and is what a small model says', async () => {
  await using room = await startTestApplication(stockRoom, { doors: false })
  const seen = new Set<string>()
  let run = 0
  const property = fc.asyncProperty(anySteps, async (steps) => {
    run += 1
    await emptyShelves(room)
    const model = createStockModel()
    for (const step of steps) {
      const expected = model.perform(step)
      seen.add(`${step.kind} ${expected}`)
      if (expected !== 'skipped') expect(await perform(room, run, step), step.kind).toBe(expected)
    }
    await room.idle()
    expect(await stockOf(room)).toEqual(model.stock())
    await expectBalance(room)
  })
  await fc.assert(property, { numRuns: 40, examples: [[[...EVERY_OUTCOME]]] })
  expect([...seen]).toEqual(expect.arrayContaining(OUTCOMES))
}, 120_000)

test('the database itself refuses a stock that does not add up', async () => {
  await using room = await startTestApplication(stockRoom, { doors: false })
  await emptyShelves(room)
  const broken = room.query(`update inventory.shelves set available = available + 1`)
  await expect(broken).rejects.toThrow(/violates check constraint/)
  const negative = room.query(`update inventory.shelves set available = -1, corrections = -1`)
  await expect(negative).rejects.toThrow(/violates check constraint/)
})

/** The same step on the real thing. @returns `ok`, or the code of the refusal. */
async function perform(room: TestApplication, run: number, step: Step): Promise<string> {
  try {
    await ask(room, run, step)
    return 'ok'
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
}

function ask(room: TestApplication, run: number, step: Step): Promise<unknown> {
  const stock = room.client(inventory, { principal, idempotencyKey: randomUUID() })
  if (step.kind === 'receive') return stock.receiveStock({ sku: step.sku, quantity: step.quantity })
  if (step.kind === 'correct')
    return stock.correctStock({ sku: step.sku, quantity: step.quantity, reason: 'counted' })
  const orderId = orderOf(run, step.order)
  if (step.kind === 'reserve') return stock.reserve({ orderId, lines: step.lines })
  if (step.kind === 'takeBack') return stock.takeBack({ returnId: randomUUID(), orderId, lines: step.lines })
  if (step.kind === 'sold') return sell(room, orderId)
  return stock[step.kind]({ orderId })
}

/** The news comes when it comes; here the next step waits for it, as the model does. */
async function sell(room: TestApplication, orderId: string): Promise<void> {
  const data = {
    orderId,
    customerId: randomUUID(),
    total: { amount: 1, currency: 'GBP' },
    at: new Date().toISOString(),
  }
  await ordersNews.tell(room, [{ event: 'orderCompleted', data }])
  await room.idle()
}

function orderOf(run: number, order: number): string {
  return `00000000-0000-4000-8000-${String(run * 10 + order).padStart(12, '0')}`
}

async function emptyShelves(room: TestApplication): Promise<void> {
  for (const sku of SKUS) {
    const products = room.client(catalogue, { principal, idempotencyKey: sku })
    await products.addProduct({ sku, name: sku, price: { amount: 1, currency: 'GBP' } })
  }
  await room.idle()
  await room.query(`truncate inventory.shelves, inventory.reservations, inventory.movements cascade`)
  await room.query(
    `insert into inventory.shelves (sku, received, available) select unnest($1::text[]), 0, 0`,
    [SKUS],
  )
}

async function stockOf(room: TestApplication): Promise<unknown[]> {
  return room.query(
    `select sku, received, corrections, available, written_off as "writtenOff", reserved, sold from inventory.stock order by sku`,
  )
}

/** received + corrections = available + reserved + sold + written off, and the movements say what is on the shelf. */
async function expectBalance(room: TestApplication): Promise<void> {
  const uneven = await room.query(
    `select * from inventory.stock s
      where received + corrections <> available + reserved + sold + written_off
        or available + reserved <> (select coalesce(sum(quantity), 0) from inventory.movements m where m.sku = s.sku)
        or least(available, reserved, sold, written_off) < 0`,
  )
  expect(uneven).toEqual([])
}
