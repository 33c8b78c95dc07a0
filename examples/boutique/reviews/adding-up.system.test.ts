import { randomUUID } from 'node:crypto'
import { application } from 'archipel'
import { createFaultPoints, startTestApplication, type TestApplication } from 'archipel/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orders } from '../orders/contract.ts'
import { newsOf } from '../testing-news.ts'
import { reviews } from './contract.ts'
import { reviewsService } from './service.ts'
import { anySteps, createReviewsModel, EVERY_OUTCOME, SKUS, skusOf, type Step } from './testing-model.ts'

const ordersNews = newsOf(orders)
const reviewing = application('reviewing', { services: [reviewsService, ordersNews.service] })
const support = { id: 'tests', roles: ['support'], scopes: [] }

/** What a run must have met, or it proves nothing. */
const OUTCOMES = [
  'refund ok',
  'put ok',
  'put NOT_BOUGHT',
  'hide ok',
  'hide ALREADY_HIDDEN',
  'show ok',
  'show NOT_HIDDEN',
]

test('whatever happens in whatever order, and however often it is told, ratings and lists are what a plain list says', async () => {
  const faults = createFaultPoints()
  await using host = await startTestApplication(reviewing, {
    doors: false,
    faults,
    telemetry: { logLevel: 'silent' },
  })
  const seen = new Set<string>()
  let refusedAfterRefund = 0
  const property = fc.asyncProperty(anySteps, async (steps) => {
    await host.query('truncate reviews.purchases, reviews.reviews, reviews.ratings')
    // Pages are committed, and their owner never learns it: it reads them again.
    faults.fail('messaging.after-commit', { times: 2 })
    const model = createReviewsModel()
    const scene = createScene(host)
    for (const step of steps) {
      const expected = model.perform(step)
      seen.add(`${step.kind} ${expected}`)
      if (expected !== 'skipped') expect(await scene.perform(step), step.kind).toBe(expected)
    }
    refusedAfterRefund += model.refusedAfterRefund()
    await host.idle()
    for (const sku of SKUS) {
      const shown = model.shown(sku)
      expect(await starsOf(host, sku)).toEqual(shown)
      expect(await host.client(reviews).getRating({ sku })).toEqual({
        sku,
        count: shown.length,
        average:
          shown.length === 0
            ? null
            : Math.round((shown.reduce((sum, stars) => sum + stars, 0) / shown.length) * 100) / 100,
      })
    }
    const { items } = await host.client(reviews, { principal: support }).listHiddenReviews({ limit: 100 })
    expect(items).toHaveLength(model.hiddenCount())
  })
  await fc.assert(property, { numRuns: 25, examples: [[[...EVERY_OUTCOME]]] })
  expect([...seen]).toEqual(expect.arrayContaining(OUTCOMES))
  expect(refusedAfterRefund).toBeGreaterThan(0)
  expect(faults.count('messaging.after-commit')).toBeGreaterThan(25)
}, 120_000)

test('the database itself refuses a rating that can be none', async () => {
  await using host = await startTestApplication(reviewing, { doors: false })
  const broken = host.query(`insert into reviews.ratings values ('A-1', 1, 6)`)
  await expect(broken).rejects.toThrow(/violates check constraint/)
})

test('a purchase of before lines were told counts once its order is completed; postage never does', async () => {
  await using host = await startTestApplication(reviewing, { doors: false })
  const [old, recent] = [factsOf(randomUUID(), randomUUID()), factsOf(randomUUID(), randomUUID())]
  const review = async (customerId: string, sku: string) =>
    (await clientOf(host, customerId).try.putMyReview({ sku, stars: 4 })).ok
  const lines = [{ sku: 'A-1', quantity: 1 }]
  await ordersNews.tell(host, [
    { event: 'orderPlaced', data: { ...old, lines } },
    { event: 'orderPlaced', data: { ...recent, source: 'shop', lines } },
  ])
  await host.idle()
  expect(await review(old.customerId, 'A-1')).toBe(false)
  await ordersNews.tell(host, [
    { event: 'orderCompleted', data: old },
    { event: 'orderCompleted', data: { ...recent, ...soldOf(['A-1'], ['POSTAGE']) } },
  ])
  await host.idle()
  expect(await review(old.customerId, 'A-1')).toBe(true)
  expect(await review(recent.customerId, 'A-1')).toBe(true)
  expect(await review(recent.customerId, 'POSTAGE')).toBe(false)
})

function createScene(host: TestApplication) {
  const people = new Map<number, string>()
  const orderIds = new Map<string, string>()
  const ids = new Map<string, string>()
  function idOf<TName>(of: Map<TName, string>, name: TName): string {
    const id = of.get(name) ?? randomUUID()
    of.set(name, id)
    return id
  }

  async function ask(step: Exclude<Step, { kind: 'complete' | 'refund' }>): Promise<void> {
    const name = `${step.who}/${step.sku}`
    if (step.kind === 'put') {
      const { sku, stars } = step
      const { id } = await clientOf(host, idOf(people, step.who)).putMyReview({ sku, stars })
      ids.set(name, id)
      return
    }
    const moderator = host.client(reviews, { principal: support, idempotencyKey: randomUUID() })
    const id = ids.get(name) ?? ''
    await (step.kind === 'hide' ? moderator.hideReview({ id, reason: 'rude' }) : moderator.showReview({ id }))
  }

  return {
    /** The same step on the real thing. @returns `ok`, or the code of the refusal. */
    async perform(step: Step): Promise<string> {
      if (step.kind === 'complete' || step.kind === 'refund') {
        const facts = factsOf(idOf(orderIds, `${step.who}/${step.order}`), idOf(people, step.who))
        const event = step.kind === 'complete' ? 'orderCompleted' : 'orderRefunded'
        await ordersNews.tell(host, [{ event, data: { ...facts, ...soldOf(skusOf(step.order)) } }])
        await host.idle()
        return 'ok'
      }
      try {
        await ask(step)
        return 'ok'
      } catch (error) {
        if (error instanceof Error && 'code' in error) return String(error.code)
        throw error
      }
    },
  }
}

function clientOf(host: TestApplication, id: string) {
  return host.client(reviews, {
    principal: { id, roles: ['customer'], scopes: [] },
    idempotencyKey: randomUUID(),
  })
}

/** The stars of what is shown, read two at a time. */
async function starsOf(host: TestApplication, sku: string): Promise<number[]> {
  const stars: number[] = []
  let cursor: string | undefined
  do {
    const page = await host.client(reviews).listReviews({ sku, limit: 2, cursor })
    stars.push(...page.items.map((review) => review.stars))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return stars
}

function factsOf(orderId: string, customerId: string) {
  return { orderId, customerId, total: { amount: 1, currency: 'GBP' }, at: '2026-11-05T01:02:03.000Z' }
}

function soldOf(skus: readonly string[], fees: readonly string[] = []) {
  const lines = [...skus, ...fees].map((sku, index) => ({
    number: index + 1,
    sku,
    name: `Product ${sku}`,
    quantity: 1,
    price: { amount: 1, currency: 'GBP' },
    stocked: index < skus.length,
  }))
  return { placedAt: '2026-11-05T01:00:00.000Z', country: 'United Kingdom', source: 'shop', lines }
}
