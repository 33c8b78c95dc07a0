import { randomUUID } from 'node:crypto'
import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startShop, type Person, type TestShop } from '../testing.ts'
import { payments } from './contract.ts'

const Line = z.object({
  reference: z.string(),
  captured: z.int(),
  refunded: z.int(),
  credited: z.int(),
  credits: z.int(),
})
const Books = z.object({ items: z.array(Line) })

const pence = (amount: number) => ({ amount, currency: 'GBP' as const })

/** What the card processor has on a reference. */
async function booksOf(shop: TestShop, reference: string) {
  const { items } = Books.parse(await (await fetch(`${shop.providerUrl}/books`)).json())
  return items.find((line) => line.reference === reference)
}

const inside = (shop: TestShop, idempotencyKey: string = randomUUID()) =>
  shop.application.client(payments, { idempotencyKey })

/** An order of £10 that was paid. @returns its id. */
async function paid(shop: TestShop, customerId: string, token = 'tok_ok'): Promise<string> {
  const orderId = randomUUID()
  await inside(shop).authorise({ orderId, customerId, amount: pence(1_000), token })
  await inside(shop).capture({ orderId })
  return orderId
}

describePlacements('money back', ({ options }) => {
  let shop: TestShop
  let customer: Person
  let support: Person
  beforeAll(async () => {
    shop = await startShop(options)
    customer = await shop.customer()
    support = await shop.staff('support')
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const refund = (orderId: string, amount: number, refundId: string = randomUUID(), key?: string) =>
    inside(shop, key).try.refund({ orderId, refundId, amount: pence(amount), reason: 'returned' })
  const refundsOf = async (orderId: string, person = customer) =>
    (await person.get(`/refunds?orderId=${orderId}`)).expect(200).items
  const paymentOf = async (orderId: string) =>
    (await customer.get(`/payments?orderId=${orderId}`)).expect(200).items[0]

  async function eventsOf(key: string): Promise<unknown[]> {
    const rows = await shop.application.query(
      `select type from archipel_bus.log where publisher = 'payments' and key = $1 order by position`,
      [key],
    )
    return rows.map(({ type }) => type)
  }

  describe('of an order', () => {
    test('is given in parts, as far as it was paid, and every book says the same', async () => {
      const orderId = await paid(shop, customer.id)
      expect(await refund(orderId, 400)).toMatchObject({ ok: true })
      expect(await refund(orderId, 601)).toMatchObject({
        error: { code: 'REFUND_TOO_HIGH', details: { left: pence(600) } },
      })
      expect(await refund(orderId, 600)).toMatchObject({ ok: true })
      expect(await booksOf(shop, orderId)).toMatchObject({ captured: 1_000, refunded: 1_000 })
      expect(await paymentOf(orderId)).toMatchObject({ status: 'captured', refunded: pence(1_000) })
      const refunds = await refundsOf(orderId)
      expect(refunds.map((one: { amount: object; status: string }) => [one.amount, one.status])).toEqual([
        [pence(600), 'refunded'],
        [pence(400), 'refunded'],
      ])
      expect((await eventsOf(orderId)).filter((type) => type === 'payments.paymentRefunded.v1')).toHaveLength(
        2,
      )
    })

    test.each(['tok_refund_lost', 'tok_refund_flaky', 'tok_refund_slow'])(
      '%s: is given once',
      async (token) => {
        const orderId = await paid(shop, customer.id, token)
        expect(await refund(orderId, 250)).toMatchObject({ ok: true })
        expect(await booksOf(shop, orderId)).toMatchObject({ refunded: 250 })
      },
    )

    test('that the card refuses is kept as declined, counts no more and may be tried again', async () => {
      const orderId = await paid(shop, customer.id, 'tok_refund_declined')
      const refundId = randomUUID()
      const declined = { error: { code: 'REFUND_DECLINED', details: { reason: 'declined' } } }
      expect(await refund(orderId, 1_000, refundId)).toMatchObject(declined)
      expect(await refund(orderId, 1_000, refundId)).toMatchObject(declined)
      expect(await refundsOf(orderId)).toMatchObject([
        { refundId, status: 'declined', declineReason: 'declined', refundedAt: null },
      ])
      expect(await booksOf(shop, orderId)).toMatchObject({ captured: 1_000, refunded: 0 })
      expect(await eventsOf(orderId)).toContain('payments.refundDeclined.v1')
    })

    test('is one for each name, whatever the key', async () => {
      const [orderId, refundId, key] = [await paid(shop, customer.id), randomUUID(), randomUUID()]
      const first = await refund(orderId, 300, refundId, key)
      expect(await refund(orderId, 300, refundId, key)).toEqual(first)
      expect(await refund(orderId, 300, refundId)).toMatchObject({ error: { code: 'ALREADY_REFUNDED' } })
      expect(await refund(await paid(shop, customer.id), 300, refundId)).toMatchObject({
        error: { code: 'ALREADY_REFUNDED' },
      })
      expect(await booksOf(shop, orderId)).toMatchObject({ refunded: 300 })
    })

    test('asked for by many at once is never more than was paid', async () => {
      const orderId = await paid(shop, customer.id)
      const answers = await Promise.all(Array.from({ length: 16 }, () => refund(orderId, 150)))
      expect(answers.filter(({ ok }) => ok)).toHaveLength(6)
      // Refused by our own books, before the card processor had to.
      const refusals = answers.flatMap((answer) => (answer.ok ? [] : [answer.error.code]))
      expect(new Set(refusals)).toEqual(new Set(['REFUND_TOO_HIGH']))
      expect(await booksOf(shop, orderId)).toMatchObject({ refunded: 900 })
    })

    test('must have been paid', async () => {
      const orderId = randomUUID()
      expect(await refund(orderId, 1)).toMatchObject({ error: { code: 'NOT_CAPTURED' } })
      await inside(shop).authorise({
        orderId,
        customerId: customer.id,
        amount: pence(10),
        token: 'tok_ok',
      })
      expect(await refund(orderId, 1)).toMatchObject({ error: { code: 'NOT_CAPTURED' } })
    })

    test('is seen by its customer and by support; for others it is as if it were not there', async () => {
      const other = await shop.customer()
      const orderId = await paid(shop, customer.id)
      await refund(orderId, 10)
      expect(await refundsOf(orderId, support)).toHaveLength(1)
      for (const list of ['refunds', 'payments']) {
        const foreign = await other.get(`/${list}?orderId=${orderId}`)
        const unknown = await other.get(`/${list}?orderId=${randomUUID()}`)
        expect([foreign.status, foreign.text]).toEqual([unknown.status, unknown.text])
      }
      const own = (await other.get('/refunds')).expect(200)
      expect(own).toEqual({ items: [], next: null })
    })

    test('is listed page by page', async () => {
      const orderId = await paid(shop, customer.id)
      for (let turn = 0; turn < 5; turn += 1) await refund(orderId, 10 + turn)
      const seen: number[] = []
      let cursor = ''
      do {
        const page = (await support.get(`/refunds?orderId=${orderId}&limit=2${cursor}`)).expect(200)
        seen.push(...page.items.map((one: { amount: { amount: number } }) => one.amount.amount))
        cursor = page.next === null ? '' : `&cursor=${page.next}`
      } while (cursor !== '')
      expect(seen).toEqual([14, 13, 12, 11, 10])
    })
  })

  describe('of a credit note', () => {
    const credit = (creditNoteId: string, token: string) =>
      inside(shop).try.credit({ creditNoteId, customerId: customer.id, amount: pence(500), token })

    test.each(['tok_ok', 'tok_lost', 'tok_flaky', 'tok_slow'])('%s: is given once', async (token) => {
      const note = randomUUID()
      expect(await credit(note, token)).toMatchObject({ ok: true })
      expect(await credit(note, token)).toMatchObject({ error: { code: 'ALREADY_CREDITED' } })
      expect(await booksOf(shop, note)).toMatchObject({ captured: 0, credited: 500, credits: 1 })
      expect(await eventsOf(note)).toEqual(['payments.cardCredited.v1'])
    })

    test('that the card refuses may be tried again with another card', async () => {
      const note = randomUUID()
      expect(await credit(note, 'tok_declined')).toMatchObject({
        error: { code: 'CREDIT_DECLINED', details: { reason: 'declined' } },
      })
      expect(await booksOf(shop, note)).toBeUndefined()
      expect(await credit(note, 'tok_ok')).toMatchObject({ ok: true })
      expect(await booksOf(shop, note)).toMatchObject({ credited: 500, credits: 1 })
    })
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})
