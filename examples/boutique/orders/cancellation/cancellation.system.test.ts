import { createFaultPoints, describePlacements, eventually, type FaultPoint } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { startShop, type Person, type TestShop } from '../../testing.ts'

const Books = z.object({
  items: z.array(
    z.object({
      reference: z.string(),
      held: z.int(),
      captured: z.int(),
      refunded: z.int(),
      captures: z.int(),
    }),
  ),
})

describePlacements('calling an order off', ({ options }) => {
  const faults = createFaultPoints()
  let shop: TestShop
  let customer: Person
  let support: Person
  beforeAll(async () => {
    shop = await startShop({ ...options, faults, telemetry: { logLevel: 'silent' } })
    ;[customer, support] = await Promise.all([shop.customer(), shop.staff('support')])
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const place = async (sku: string, token = 'tok_ok'): Promise<string> =>
    (await customer.post('/orders', { lines: [{ sku, quantity: 3 }], payment: { token } })).expect(202).id
  const ask = (id: string, person = customer) => person.post(`/orders/${id}/cancellation`, {})
  const answered = (id: string) =>
    eventually(async () => {
      const cancellation = (await customer.get(`/orders/${id}/cancellation`)).expect(200)
      return cancellation.status !== 'requested' && cancellation
    })
  const orderOf = async (id: string) => (await customer.get(`/orders/${id}`)).expect(200)
  const wayOf = async (id: string) =>
    (await orderOf(id)).history.map(({ status }: { status: string }) => status)
  const reached = (id: string, status: string) =>
    eventually(async () => (await orderOf(id)).status === status)
  const booksOf = async (id: string) => {
    const { items } = Books.parse(await (await fetch(`${shop.providerUrl}/books?limit=1000`)).json())
    return items.find(({ reference }) => reference === id)
  }
  const stockOf = async (sku: string) => (await shop.door.get(`/stock/${sku}`)).expect(200)
  const UNTOUCHED = { available: 10, reserved: 0, sold: 0, writtenOff: 0 }

  async function isUndone(id: string, sku: string): Promise<void> {
    await shop.application.idle()
    expect(await stockOf(sku)).toMatchObject(UNTOUCHED)
    const { held = 0, captured = 0, refunded = 0 } = (await booksOf(id)) ?? {}
    expect({ held, kept: captured - refunded }).toEqual({ held: 0, kept: 0 })
  }

  test.each<FaultPoint>([
    'saga.reserveStock.stored',
    'saga.authorisePayment.stored',
    'saga.authorisePayment.answered',
  ])('before the pivot (%s) undoes everything: it is cancelled', async (point) => {
    const sku = await shop.product({ pieces: 10 })
    const held = faults.pause(point)
    const id = await place(sku)
    await held.reached
    const asked = await ask(id)
    expect(asked.expect(202)).toMatchObject({ orderId: id, customerId: customer.id, status: 'requested' })
    expect(asked.headers.get('location')).toBe(`/api/v1/orders/${id}/cancellation`)
    held.release()
    expect(await answered(id)).toMatchObject({ id: asked.body.id, status: 'cancelled', reason: null })
    expect(await orderOf(id)).toMatchObject({ status: 'cancelled', rejection: null })
    const { items } = await customer.follow(`/orders/${id}/events`)
    expect(items.at(-1)).toMatchObject({ event: 'end' })
    await isUndone(id, sku)
    expect(await booksOf(id)).not.toMatchObject({ captures: 1 })
  })

  test('while the pivot runs waits for its outcome, then recalls what was paid: it is refunded', async () => {
    const sku = await shop.product({ pieces: 10 })
    const held = faults.pause('saga.capturePayment.stored')
    const id = await place(sku)
    await held.reached
    ;(await ask(id)).expect(202)
    held.release()
    expect(await answered(id)).toMatchObject({ status: 'refunded' })
    expect(await wayOf(id)).toEqual(['placed', 'reserved', 'authorised', 'paid', 'completed', 'refunded'])
    await isUndone(id, sku)
  })

  test('while the pivot runs that is then refused has nothing to call off: it is rejected', async () => {
    const sku = await shop.product({ pieces: 10 })
    const held = faults.pause('saga.capturePayment.stored')
    const id = await place(sku, 'tok_capture_declined')
    await held.reached
    ;(await ask(id)).expect(202)
    held.release()
    expect(await answered(id)).toMatchObject({ status: 'refused', reason: 'ORDER_REJECTED' })
    expect(await orderOf(id)).toMatchObject({ status: 'rejected', rejection: { code: 'CAPTURE_DECLINED' } })
    await isUndone(id, sku)
  })

  test.each(['tok_ok', 'tok_refund_slow', 'tok_refund_lost', 'tok_refund_flaky'])(
    'once it is completed (%s) keeps the goods in the house and gives the money back once',
    async (token) => {
      const sku = await shop.product({ pieces: 10, pence: 250 })
      const { id } = await shop.order(customer, [{ sku, quantity: 3 }], token)
      ;(await ask(id)).expect(202)
      expect(await answered(id)).toMatchObject({ status: 'refunded', reason: null })
      expect(await orderOf(id)).toMatchObject({ status: 'refunded' })
      expect((await customer.get(`/orders/${id}/shipment`)).body).toMatchObject({ status: 'recalled' })
      await isUndone(id, sku)
      expect(await booksOf(id)).toMatchObject({ captured: 750, refunded: 750, captures: 1 })
      await customer.follow(`/orders/${id}/events`)
    },
  )

  test('that the card processor does not pay back is refused: the goods are sent after all', async () => {
    const sku = await shop.product({ pieces: 10 })
    const { id } = await shop.order(customer, [{ sku, quantity: 3 }], 'tok_refund_declined')
    const first = (await ask(id)).expect(202)
    expect(await answered(id)).toMatchObject({ status: 'refused', reason: 'REFUND_DECLINED' })
    expect((await customer.get(`/orders/${id}/shipment`)).body).toMatchObject({ status: 'ready' })
    expect(await orderOf(id)).toMatchObject({ status: 'completed' })
    const second = (await ask(id)).expect(202)
    expect(second.id).not.toBe(first.id)
    expect(await answered(id)).toMatchObject({ id: second.id, status: 'refused' })
    await shop.ship(id)
    await reached(id, 'delivered')
    await shop.application.idle()
    expect(await stockOf(sku)).toMatchObject({ available: 7, reserved: 0, sold: 3 })
  })

  test('is refused by who sends the goods when they have left and the news has not come yet', async () => {
    const sku = await shop.product({ pieces: 10 })
    const { id } = await shop.order(customer, [{ sku, quantity: 3 }])
    const news = faults.pause('messaging.page-opened', 'orders.follow-shipment')
    await shop.ship(id, 'dispatched')
    await news.reached
    ;(await ask(id)).expect(202)
    expect(await answered(id)).toMatchObject({ status: 'refused', reason: 'ALREADY_DISPATCHED' })
    news.release()
    await reached(id, 'dispatched')
  })

  test('is too late once it is dispatched, and once it is delivered', async () => {
    const sku = await shop.product({ pieces: 10 })
    const { id } = await shop.order(customer, [{ sku, quantity: 3 }])
    await shop.ship(id, 'dispatched')
    await reached(id, 'dispatched')
    expect((await ask(id)).expect(409)).toMatchObject({ code: 'ALREADY_DISPATCHED' })
    await shop.ship(id)
    await reached(id, 'delivered')
    expect((await ask(id)).expect(409)).toMatchObject({ code: 'ALREADY_DISPATCHED' })
    expect((await customer.get(`/orders/${id}/cancellation`)).status).toBe(404)
  })

  test('is refused where the order has ended otherwise', async () => {
    const sku = await shop.product({ pieces: 10 })
    const rejected = await shop.order(customer, [{ sku, quantity: 3 }], 'tok_declined')
    expect((await ask(rejected.id)).expect(409)).toMatchObject({
      code: 'ORDER_ENDED',
      details: { status: 'rejected' },
    })
    const { id } = await shop.order(customer, [{ sku, quantity: 3 }])
    ;(await ask(id)).expect(202)
    await answered(id)
    expect((await ask(id)).expect(409)).toMatchObject({ details: { status: 'refunded' } })
  })

  test('asked many times at once, by both who may, is one request', async () => {
    const sku = await shop.product({ pieces: 10 })
    const held = faults.pause('saga.authorisePayment.stored')
    const id = await place(sku)
    await held.reached
    const asked = await Promise.all(
      Array.from({ length: 8 }, (_, turn) => ask(id, turn % 2 === 0 ? customer : support)),
    )
    expect(new Set(asked.map((answer) => answer.expect(202).id)).size).toBe(1)
    held.release()
    expect(await answered(id)).toMatchObject({ status: 'cancelled' })
    await isUndone(id, sku)
  })

  test("is nobody else's business", async () => {
    const [sku, other] = await Promise.all([shop.product(), shop.customer()])
    const { id } = await shop.order(customer, [{ sku, quantity: 3 }])
    expect((await ask(id, other)).status).toBe(404)
    ;(await ask(id)).expect(202)
    await answered(id)
    expect((await other.get(`/orders/${id}/cancellation`)).status).toBe(404)
    expect((await support.get(`/orders/${id}/cancellation`)).status).toBe(200)
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})
