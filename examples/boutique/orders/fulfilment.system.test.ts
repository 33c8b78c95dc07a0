import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isSettled, startShop, type Order, type Person, type TestShop } from '../testing.ts'

const WAY = ['placed', 'reserved', 'authorised', 'paid', 'completed']
const statuses = (order: Order) => order.history.map(({ status }) => status)

describePlacements('an order', ({ options }) => {
  let shop: TestShop
  let customer: Person
  beforeAll(async () => {
    shop = await startShop(options)
    customer = await shop.customer()
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const stockOf = async (sku: string) => (await shop.door.get(`/stock/${sku}`)).expect(200)
  const paymentsOf = async (id: string) => (await customer.get(`/payments?orderId=${id}`)).expect(200).items

  test.each([
    'tok_ok',
    'tok_slow',
    'tok_lost',
    'tok_flaky',
    'tok_capture_slow',
    'tok_capture_lost',
    'tok_capture_flaky',
  ])('%s: goes its whole way and is paid once', async (token) => {
    const sku = await shop.product({ pence: 250, pieces: 10 })
    const order = await shop.order(customer, [{ sku, quantity: 3 }], token)
    expect(order).toMatchObject({
      status: 'completed',
      total: { amount: 750, currency: 'GBP' },
      rejection: null,
    })
    expect(statuses(order)).toEqual(WAY)
    expect(order.history.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5])
    const times = order.history.map(({ at }) => Date.parse(at))
    expect(times.every(Number.isFinite)).toBe(true)
    await shop.application.idle()
    expect(await stockOf(sku)).toMatchObject({ sku, received: 10, available: 7, reserved: 0, sold: 3 })
    expect(await paymentsOf(order.id)).toMatchObject([
      { orderId: order.id, status: 'captured', amount: { amount: 750 } },
    ])
    expect(await booksOf(shop, order.id)).toMatchObject({ captured: 750, captures: 1, held: 0, refunded: 0 })
  })

  test.each([
    ['tok_declined', 'PAYMENT_DECLINED', ['placed', 'reserved', 'rejected'], 'declined'],
    ['tok_insufficient', 'PAYMENT_DECLINED', ['placed', 'reserved', 'rejected'], 'declined'],
    ['tok_nobody_issued', 'PAYMENT_DECLINED', ['placed', 'reserved', 'rejected'], 'declined'],
    ['tok_capture_declined', 'CAPTURE_DECLINED', ['placed', 'reserved', 'authorised', 'rejected'], 'voided'],
  ])('%s: is rejected as %s, with nothing kept', async (token, code, way, payment) => {
    const sku = await shop.product({ pieces: 10 })
    const order = await shop.order(customer, [{ sku, quantity: 3 }], token)
    expect(order).toMatchObject({ status: 'rejected', rejection: { code } })
    // News of the other services may come when the order has ended already: then they are no part of its history.
    expect(way).toEqual(expect.arrayContaining(statuses(order)))
    expect(statuses(order)).toEqual(way.filter((status) => statuses(order).includes(status)))
    await shop.application.idle()
    expect(await stockOf(sku)).toMatchObject({ sku, received: 10, available: 10, reserved: 0, sold: 0 })
    expect(await paymentsOf(order.id)).toMatchObject([{ status: payment }])
    expect(await booksOf(shop, order.id)).toMatchObject({ captured: 0, held: 0 })
  })

  test('without enough stock is rejected with what there was, and takes none of it', async () => {
    const [scarce, ample] = [await shop.product({ pieces: 2 }), await shop.product({ pieces: 10 })]
    const order = await shop.order(customer, [
      { sku: ample, quantity: 1 },
      { sku: scarce, quantity: 3 },
    ])
    expect(order).toMatchObject({
      status: 'rejected',
      rejection: { code: 'OUT_OF_STOCK', shortages: [{ sku: scarce, requested: 3, available: 2 }] },
    })
    expect(statuses(order)).toEqual(['placed', 'rejected'])
    expect(await stockOf(scarce)).toMatchObject({ available: 2, reserved: 0, sold: 0 })
    expect(await stockOf(ample)).toMatchObject({ available: 10, reserved: 0, sold: 0 })
    expect(await paymentsOf(order.id)).toEqual([])
  })

  test('may have one product on two lines; both count against the stock', async () => {
    const sku = await shop.product({ pence: 10, pieces: 5 })
    const two = [
      { sku, quantity: 2 },
      { sku, quantity: 3 },
    ]
    const order = await shop.order(customer, two)
    expect(order.lines.map(({ number, quantity }) => [number, quantity])).toEqual([
      [1, 2],
      [2, 3],
    ])
    expect(order).toMatchObject({ status: 'completed', total: { amount: 50 } })
    expect(await shop.order(customer, two)).toMatchObject({
      rejection: { code: 'OUT_OF_STOCK', shortages: [{ sku, requested: 5, available: 0 }] },
    })
  })

  test('keeps the prices of the moment it was placed', async () => {
    const merchandiser = await shop.staff('merchandiser')
    const sku = await shop.product({ pence: 100 })
    const before = await shop.order(customer, [{ sku, quantity: 1 }])
    ;(await merchandiser.put(`/products/${sku}/price`, { price: { amount: 180, currency: 'GBP' } })).expect(
      200,
    )
    const after = await shop.order(customer, [{ sku, quantity: 1 }])
    expect((await customer.get(`/orders/${before.id}`)).body.lines).toMatchObject([
      { price: { amount: 100 } },
    ])
    expect(before.total.amount).toBe(100)
    expect(after.total.amount).toBe(180)
  })

  test('many at once for the last pieces: sold is what there was, and the totals hold at every moment', async () => {
    const sku = await shop.product({ pieces: 7 })
    let ended = false
    const seen: { received: number; available: number; reserved: number; sold: number }[] = []
    const watching = (async () => {
      while (!ended) seen.push(await stockOf(sku))
    })()
    const orders = await Promise.all(
      Array.from({ length: 12 }, () => shop.order(customer, [{ sku, quantity: 1 }])),
    )
    await shop.application.idle()
    ended = true
    await watching
    expect(orders.filter(({ status }) => status === 'completed')).toHaveLength(7)
    expect(orders.filter(({ rejection }) => rejection?.code === 'OUT_OF_STOCK')).toHaveLength(5)
    expect(await stockOf(sku)).toMatchObject({ sku, received: 7, available: 0, reserved: 0, sold: 7 })
    expect(seen.length).toBeGreaterThan(0)
    for (const { received, available, reserved, sold } of seen)
      expect(available + reserved + sold).toBe(received)
  })

  test('of the same goods in every order of lines: none waits for another for ever', async () => {
    const skus = [await shop.product(), await shop.product(), await shop.product()]
    const began = performance.now()
    const orders = await Promise.all(
      Array.from({ length: 24 }, (_, turn) => {
        const turned = [...skus.slice(turn % 3), ...skus.slice(0, turn % 3)]
        const lines = turn % 2 === 0 ? turned : turned.toReversed()
        return shop.order(
          customer,
          lines.map((sku) => ({ sku, quantity: 1 })),
        )
      }),
    )
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(new Set(orders.map(({ status }) => status))).toEqual(new Set(['completed']))
    await shop.application.idle()
    for (const sku of skus) expect(await stockOf(sku)).toMatchObject({ available: 76, reserved: 0, sold: 24 })
  })

  test('may have 1,000 lines', async () => {
    const sku = await shop.product({ pieces: 1_000, pence: 3 })
    const order = await shop.order(
      customer,
      Array.from({ length: 1_000 }, () => ({ sku, quantity: 1 })),
    )
    expect(order).toMatchObject({ status: 'completed', total: { amount: 3_000 } })
    expect(order.lines).toHaveLength(1_000)
  })

  test('of more money than can be counted is refused, not miscounted', async () => {
    const sku = await shop.product({ pence: 100_000_000 })
    const answer = await customer.post('/orders', {
      lines: [{ sku, quantity: 100_000 }],
      payment: { token: 'tok_ok' },
    })
    expect(answer.body).toMatchObject({ code: 'TOTAL_TOO_HIGH' })
  })

  test('says where it is to be followed', async () => {
    const sku = await shop.product()
    const answer = await customer.post('/orders', {
      lines: [{ sku, quantity: 1 }],
      payment: { token: 'tok_ok' },
    })
    expect(answer.headers.get('location')).toBe(`/api/v1/orders/${answer.expect(202).id}`)
    await customer.follow(`/orders/${answer.body.id}/events`, { until: isSettled })
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})

/** What the card processor has on an order. */
async function booksOf(shop: TestShop, orderId: string): Promise<unknown> {
  const response = await fetch(`${shop.providerUrl}/books`)
  const { items } = (await response.json()) as { items: { reference: string }[] }
  return items.find(({ reference }) => reference === orderId) ?? { captured: 0, held: 0 }
}
