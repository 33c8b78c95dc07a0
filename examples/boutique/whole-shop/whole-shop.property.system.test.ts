import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditService } from '../drill/audit-service.ts'
import { compareBooks } from '../drill/books.ts'
import { readProviderBooks } from '../drill/provider-books.ts'
import { startShop, type Person, type TestShop } from '../testing.ts'
import { openDoors, type Run } from './doors.ts'
import { createModel } from './model.ts'
import { anySteps, EVERY_OUTCOME, type Step } from './steps.ts'

/** The long run asks for more. */
const RUNS = Number(process.env['ARCHIPEL_TEST_SHOP_RUNS'] ?? 5)
const AT_ONCE = 4

/** What a run must have met, or it proves nothing. */
const OUTCOMES = [
  'place completed',
  'place OUT_OF_STOCK',
  'place PAYMENT_DECLINED',
  'place CAPTURE_DECLINED',
  'cancel refunded',
  'cancel REFUND_DECLINED',
  'cancel ALREADY_DISPATCHED',
  'cancel ORDER_ENDED',
  'dispatch dispatched',
  'dispatch WRONG_STATUS',
  'dispatch SHIPMENT_NOT_FOUND',
  'deliver delivered',
  'deliver WRONG_STATUS',
  'sendBack requested',
  'sendBack NOT_DISPATCHED',
  'sendBack LINES_UNKNOWN',
  'sendBack MORE_THAN_BOUGHT',
  'approve refunded',
  'approve REFUND_DECLINED',
  'approve RETURN_DECIDED',
  'refuse refused',
  'refuse RETURN_DECIDED',
  'receive ok',
  'correct ok',
  'correct MORE_THAN_AVAILABLE',
]

let shop: TestShop
let begin: () => Promise<Run>
let operator: Person
const runs: Run[] = []
beforeAll(async () => {
  shop = await startShop({
    telemetry: { logLevel: 'silent' },
    extended: (boutique) => ({ ...boutique, services: [...boutique.services, auditService] }),
  })
  begin = await openDoors(shop)
  operator = await shop.staff('operator')
})
afterAll(() => shop[Symbol.asyncDispose]())

test('whatever is done in whatever order, refusals included, stock and money add up and are what a small model says', async () => {
  const seen = new Set<string>()
  const property = fc.asyncProperty(anySteps, async (steps) => {
    for (const outcome of await live(steps)) seen.add(outcome)
  })
  await fc.assert(property, { numRuns: RUNS + 1, examples: [[[...EVERY_OUTCOME]]] })
  expect([...seen]).toEqual(expect.arrayContaining(OUTCOMES))
  expect(seen.has('regret cancelled') || seen.has('regret refunded')).toBe(true)
}, 1_800_000)

test('the same, several at once: whatever comes before what, all books agree', async () => {
  const property = fc.asyncProperty(anySteps, async (steps) => {
    const run = await begin()
    runs.push(run)
    const left = steps.values()
    const lane = async () => {
      for (const step of left) await run.perform(step)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
    await shop.application.idle()
    expect(await disagreements()).toEqual([])
  })
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
}, 1_800_000)

/** By the tables of all services and the books of the card processor, over all runs so far. */
async function disagreements(): Promise<string[]> {
  const database = {
    query: async (text: string, values: unknown[]) => ({ rows: await shop.application.query(text, values) }),
  }
  const accepted = runs.flatMap((run) => run.orders()).map((id) => ({ id, key: id }))
  const findings = await compareBooks(database, accepted, await readProviderBooks(shop.providerUrl))
  return findings.flatMap(({ what, wrong }) => wrong.map((sentence) => `${what}: ${sentence}`))
}

/** One run: a few products of its own, in a shop that has been through other runs. @returns what happened. */
async function live(steps: readonly Step[]): Promise<string[]> {
  const model = createModel()
  const run = await begin()
  runs.push(run)
  const before = await totals()
  const outcomes: string[] = []
  for (const step of steps) {
    const real = await run.perform(step)
    expect(`${step.kind} ${real}`).toBe(`${step.kind} ${model.perform(step, real)}`)
    outcomes.push(`${step.kind} ${real}`)
  }
  await shop.application.idle()
  expect(await run.statuses()).toEqual(model.statuses())
  expect(await run.stock()).toEqual(model.stock())
  const money = model.money()
  expect(await moneyOf(run.orders())).toEqual(money)
  const after = await totals()
  const sum = (field: 'captured' | 'refunded') => money.reduce((all, line) => all + line[field], 0)
  const [gross, refunded] = [sum('captured'), sum('refunded')]
  expect({
    gross: after.gross - before.gross,
    refunded: after.refunded - before.refunded,
    net: after.net - before.net,
  }).toEqual({ gross, refunded, net: gross - refunded })
  return outcomes
}

/** In the books of the card processor, which knows no order that it never held money for. */
async function moneyOf(orders: readonly string[]) {
  const books = new Map((await readProviderBooks(shop.providerUrl)).map((line) => [line.reference, line]))
  return orders.map((id) => {
    const { captured, refunded, held } = books.get(id) ?? { captured: 0, refunded: 0, held: 0 }
    return { captured, refunded, held }
  })
}

/** What the operator's reports say. */
async function totals() {
  const { gross, refunded, net } = (await operator.get('/reports/totals')).expect(200)
  return { gross: gross.amount, refunded: refunded.amount, net: net.amount }
}
