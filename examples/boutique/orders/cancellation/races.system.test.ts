import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createDice } from '../../drill/random.ts'
import { shipping } from '../../shipping/contract.ts'
import { startShop, type Person, type TestShop } from '../../testing.ts'

/** Of each race; the long run asks for 1,000. */
const RACES = Number(process.env['ARCHIPEL_TEST_RACES'] ?? 50)
const SEED = Number(process.env['ARCHIPEL_TEST_SEED'] ?? Date.now() % 2 ** 31)
const dice = createDice(SEED)
const AT_ONCE = 10
const Books = z.object({
  items: z.array(z.object({ reference: z.string(), held: z.int(), captured: z.int(), refunded: z.int() })),
  next: z.string().nullable(),
})

let shop: TestShop
let customer: Person
let sku: string
beforeAll(async () => {
  shop = await startShop({ telemetry: { logLevel: 'silent' } })
  customer = await shop.customer()
  sku = await shop.product({ pieces: 100_000, pence: 250 })
})
afterAll(() => shop[Symbol.asyncDispose]())

const orderOf = async (id: string) => (await customer.get(`/orders/${id}`)).expect(200)
const ask = (id: string) => customer.post(`/orders/${id}/cancellation`, {})

/** How it ended, once nothing is on its way any more. */
async function endOf(id: string): Promise<string> {
  return eventually(async () => {
    const cancellation = (await customer.get(`/orders/${id}/cancellation`)).body
    const { status } = await orderOf(id)
    return cancellation?.status !== 'requested' && ENDS.includes(status) && status
  }, 30_000)
}
const ENDS = ['completed', 'dispatched', 'rejected', 'cancelled', 'refunded']

/** All races, some at once. @returns how each ended; a race that one side always wins is none. */
async function run(race: () => Promise<readonly [id: string, end: string]>): Promise<Map<string, string>> {
  const ends = new Map<string, string>()
  let next = 0
  const lane = async () => {
    while (next++ < RACES) ends.set(...(await race()))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  await shop.application.idle()
  const counts = [...Map.groupBy(ends.values(), (end) => end)].map(([end, all]) => `${all.length} ${end}`)
  console.log(`${RACES} races, seed ${SEED}: ${counts.join(', ')}`)
  await shipmentsAgree(ends)
  return ends
}

const SHIPMENTS = new Map([
  ['dispatched', 'dispatched'],
  ['refunded', 'recalled'],
])

async function shipmentsAgree(ends: ReadonlyMap<string, string>): Promise<void> {
  const shipments = await shop.application.query('select order_id, status from shipping.shipments', [])
  const statuses = new Map(shipments.map((shipment) => [shipment['order_id'], shipment['status']]))
  for (const [id, end] of ends) expect([id, statuses.get(id)]).toEqual([id, SHIPMENTS.get(end)])
}

async function booksAgree(ends: ReadonlyMap<string, string>): Promise<void> {
  const lines = new Map<string, { held: number; kept: number }>()
  for (let after: string | null = ''; after !== null;) {
    const search: string = after && `&after=${encodeURIComponent(after)}`
    const page: z.infer<typeof Books> = Books.parse(
      await (await fetch(`${shop.providerUrl}/books?limit=1000${search}`)).json(),
    )
    for (const { reference, held, captured, refunded } of page.items)
      lines.set(reference, { held, kept: captured - refunded })
    after = page.next
  }
  for (const [id, end] of ends) {
    const kept = end === 'completed' || end === 'dispatched' ? 250 : 0
    expect({ id, end, ...(lines.get(id) ?? { held: 0, kept: 0 }) }).toEqual({ id, end, held: 0, kept })
  }
}

const sold = async (): Promise<number> => {
  const stock = (await shop.door.get(`/stock/${sku}`)).expect(200)
  expect(stock.reserved).toBe(0)
  return stock.sold
}

/**
 * How much later one of two sets off so that neither always wins, whatever the machine is busy with: a little later each
 * time that it won, earlier each time that it lost.
 */
function createHandicap() {
  let aboutMs = 40
  return {
    wait: () => sleep((aboutMs * dice.between(50, 150)) / 100),
    won: (won: boolean) => void (aboutMs = Math.max(1, aboutMs * (won ? 1.2 : 1 / 1.2))),
  }
}

test(`cancel against capture, ${RACES} times: nothing is taken, or all of it is given back`, async () => {
  const before = await sold()
  const handicap = createHandicap()
  const ends = await run(async () => {
    const order = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } }
    const { id } = (await customer.post('/orders', order)).expect(202)
    await handicap.wait()
    ;(await ask(id)).expect(202)
    const end = await endOf(id)
    handicap.won(end === 'cancelled')
    return [id, end]
  })
  expect(new Set(ends.values())).toEqual(new Set(['cancelled', 'refunded']))
  await booksAgree(ends)
  expect(await sold()).toBe(before)
}, 600_000)

test(`cancel against dispatch, ${RACES} times: the goods are sent and paid, or kept and refunded`, async () => {
  const before = await sold()
  const handicap = createHandicap()
  const warehouse = { id: 'tests', roles: ['warehouse', 'support'], scopes: [] }
  const ends = await run(async () => {
    const { id } = await shop.order(customer, [{ sku, quantity: 1 }])
    const inside = (step: string) =>
      shop.application.client(shipping, { principal: warehouse, idempotencyKey: `${id}/${step}` })
    const shipment = await inside('look').getShipmentOfOrder({ orderId: id })
    const dispatch = async () => {
      await handicap.wait()
      const outcome = await inside('dispatch').try.dispatch({ id: shipment.id })
      if (!outcome.ok && outcome.error.code !== 'WRONG_STATUS') throw outcome.error
      handicap.won(outcome.ok)
      return outcome.ok
    }
    const [left, asked] = await Promise.all([dispatch(), ask(id)])
    expect([202, 409]).toContain(asked.status)
    if (left) await eventually(async () => (await orderOf(id)).status === 'dispatched', 30_000)
    return [id, await endOf(id)]
  })
  expect(new Set(ends.values())).toEqual(new Set(['dispatched', 'refunded']))
  await booksAgree(ends)
  const left = [...ends.values()].filter((end) => end === 'dispatched')
  expect((await sold()) - before).toBe(left.length)
}, 600_000)
