import { eventually } from 'archipel/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { startShop, type Person, type TestShop } from '../../testing.ts'

type Asked = readonly { number: number; quantity: number }[]
type Step =
  /** At the same moment. */
  | { readonly is: 'ask'; readonly requests: readonly Asked[] }
  | { readonly is: 'approve'; readonly turn: number; readonly disposition: 'restock' | 'writeOff' }
  | { readonly is: 'refuse'; readonly turn: number }

const Books = z.object({ items: z.array(z.object({ reference: z.string(), refunded: z.int() })) })

/** Of one product at one price: what is counted by line must not be mixed up. */
const BOUGHT = [3, 2, 4]
const PENCE = 250

const asked = fc.array(
  fc.record({ number: fc.integer({ min: 1, max: 4 }), quantity: fc.integer({ min: 1, max: 3 }) }),
  { minLength: 1, maxLength: 3 },
)
const turn = fc.nat(9)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant('ask' as const),
      requests: fc.array(asked, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('approve' as const),
      turn,
      disposition: fc.constantFrom('restock', 'writeOff'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('refuse' as const), turn }) },
)

/** Meets everything that can happen where the card takes refunds: what is drawn may miss some of it. */
const EVERY_OUTCOME: readonly Step[] = [
  { is: 'ask', requests: [[{ number: 4, quantity: 1 }]] },
  { is: 'ask', requests: [[{ number: 1, quantity: 2 }]] },
  { is: 'ask', requests: [[{ number: 1, quantity: 2 }]] },
  { is: 'approve', turn: 0, disposition: 'restock' },
  { is: 'ask', requests: [[{ number: 3, quantity: 3 }], [{ number: 3, quantity: 3 }]] },
  { is: 'refuse', turn: 0 },
  { is: 'ask', requests: [[{ number: 3, quantity: 3 }]] },
  { is: 'approve', turn: 0, disposition: 'writeOff' },
]

interface Return {
  readonly id: string
  readonly lines: Asked
  readonly refund: { readonly amount: number }
}

test('whatever is asked, approved and refused in whatever order, never more than was bought comes back', async () => {
  await using shop = await startShop({ telemetry: { logLevel: 'silent' } })
  const [customer, support] = await Promise.all([shop.customer(), shop.staff('support')])
  const seen = new Set<string>()
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 8 }),
    fc.constantFrom('tok_ok', 'tok_refund_declined', 'tok_refund_lost'),
    async (steps, token) => {
      const run = await createRun(shop, { customer, support, token, seen })
      for (const next of steps) await run.perform(next)
      await run.addsUp()
    },
  )
  await fc.assert(property, { numRuns: 30, examples: [[[...EVERY_OUTCOME], 'tok_ok']] })
  expect([...seen].toSorted((a, b) => a.localeCompare(b))).toEqual([
    'LINES_UNKNOWN',
    'MORE_THAN_BOUGHT',
    'refunded',
    'refused',
    'requested',
  ])
}, 120_000)

interface Scene {
  readonly customer: Person
  readonly support: Person
  readonly token: string
  /** Every outcome that was met. */
  readonly seen: Set<string>
}

/** One delivered order, and what came back of it as a small model says. */
async function createRun(shop: TestShop, { customer, support, token, seen }: Scene) {
  const sku = await shop.product({ pence: PENCE, pieces: 20 })
  const lines = BOUGHT.map((quantity) => ({ sku, quantity }))
  const order = await shop.order(customer, lines, token)
  await shop.ship(order.id)
  await eventually(async () => (await customer.get(`/orders/${order.id}`)).body.status === 'delivered')

  const left = [...BOUGHT]
  const open: Return[] = []
  const back = { pence: 0, restocked: 0, writtenOff: 0 }

  async function ask(requests: readonly Asked[]): Promise<void> {
    const answers = await Promise.all(
      requests.map((request) => customer.post(`/orders/${order.id}/returns`, { lines: request })),
    )
    for (const answer of answers) {
      seen.add(answer.status === 201 ? 'requested' : answer.body.code)
      if (answer.status !== 201) continue
      for (const { number, quantity } of answer.body.lines)
        left[number - 1] = (left[number - 1] ?? 0) - quantity
      open.push(answer.body)
    }
    expect(
      left.every((pieces) => pieces >= 0),
      `left ${left.join(', ')}`,
    ).toBe(true)
    if (requests.length === 1 && answers[0]?.status !== 201) expect(fits(requests[0] ?? [])).toBe(false)
  }

  /** Whether a request on its own would have been in order. */
  function fits(request: Asked): boolean {
    const sums = new Map<number, number>()
    for (const { number, quantity } of request) sums.set(number, (sums.get(number) ?? 0) + quantity)
    return [...sums].every(([number, quantity]) => quantity <= (left[number - 1] ?? -1))
  }

  async function approve(one: Return, disposition: 'restock' | 'writeOff'): Promise<void> {
    const disposed = one.lines.map(({ number }) => ({ number, disposition }))
    ;(await support.post(`/returns/${one.id}/approval`, { lines: disposed })).expect(202)
    const status: string = await eventually(async () => {
      const { body } = await support.get(`/returns/${one.id}`)
      return body.status !== 'approved' && body.status
    })
    expect(status).toBe(token === 'tok_refund_declined' ? 'refused' : 'refunded')
    seen.add(status)
    if (status === 'refused') return putBack(one)
    const pieces = one.lines.reduce((sum, { quantity }) => sum + quantity, 0)
    expect(one.refund.amount).toBe(pieces * PENCE)
    back.pence += one.refund.amount
    back[disposition === 'restock' ? 'restocked' : 'writtenOff'] += pieces
  }

  function putBack(one: Return): void {
    for (const { number, quantity } of one.lines) left[number - 1] = (left[number - 1] ?? 0) + quantity
  }

  return {
    async perform(next: Step): Promise<void> {
      if (next.is === 'ask') return ask(next.requests)
      const [one] = open.splice(next.turn % Math.max(open.length, 1), 1)
      if (!one) return
      if (next.is === 'approve') return approve(one, next.disposition)
      ;(await support.post(`/returns/${one.id}/refusal`, { reason: 'no' })).expect(200)
      seen.add('refused')
      putBack(one)
    },
    async addsUp(): Promise<void> {
      await shop.application.idle()
      const { items } = Books.parse(await (await fetch(`${shop.providerUrl}/books?limit=1000`)).json())
      expect(items.find(({ reference }) => reference === order.id)).toMatchObject({ refunded: back.pence })
      const sold = 9 - back.restocked - back.writtenOff
      expect((await shop.door.get(`/stock/${sku}`)).body).toMatchObject({
        available: 11 + back.restocked,
        reserved: 0,
        sold,
        writtenOff: back.writtenOff,
      })
    },
  }
}
