import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'

describePlacements('reports', ({ options }) => {
  let shop: TestShop
  let operator: Person
  beforeAll(async () => {
    shop = await startShop(options)
    operator = await shop.staff('operator')
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  test('say what was paid, and nothing of what was rejected', async () => {
    const customer = await shop.customer()
    const [cheap, dear] = [await shop.product({ pence: 100 }), await shop.product({ pence: 900 })]
    const order = await shop.order(customer, [
      { sku: cheap, quantity: 3 },
      { sku: dear, quantity: 1 },
      { sku: cheap, quantity: 2 },
    ])
    await shop.order(customer, [{ sku: dear, quantity: 5 }], 'tok_declined')
    await shop.application.idle()
    const [placed] = order.history
    const expected = {
      orders: 1,
      lines: 3,
      units: 6,
      gross: { amount: 1_400, currency: 'GBP' },
      net: { amount: 1_400, currency: 'GBP' },
    }
    const read = async (path: string) => (await operator.get(path)).expect(200)
    expect(await read('/reports/totals')).toMatchObject(expected)
    expect((await read('/reports/revenue/days')).items).toMatchObject([
      { day: placed?.at.slice(0, 10), ...expected },
    ])
    expect((await read('/reports/revenue/countries')).items).toMatchObject([expected])
    expect((await read('/reports/products')).items).toMatchObject([
      { sku: dear, units: 1, net: { amount: 900 } },
      { sku: cheap, units: 5, net: { amount: 500 }, orders: 1, lines: 2 },
    ])
    const first = await read('/reports/products?sort=units&limit=1')
    expect(first.items).toMatchObject([{ sku: cheap }])
    const rest = await read(`/reports/products?sort=units&limit=1&cursor=${encodeURIComponent(first.next)}`)
    expect(rest).toMatchObject({ items: [{ sku: dear }], next: null })
  })

  test('subtract what was called off after it was paid, and credit notes', async () => {
    const [customer, support] = [await shop.customer(), await shop.staff('support')]
    const sku = await shop.product({ pence: 300 })
    const product = async () =>
      (await operator.get('/reports/products?limit=100'))
        .expect(200)
        .items.find((item: { sku: string }) => item.sku === sku)
    const { id } = await shop.order(customer, [{ sku, quantity: 4 }])
    ;(await customer.post(`/orders/${id}/cancellation`, {})).expect(202)
    const credit = {
      customerId: customer.id,
      country: 'France',
      lines: [{ sku, name: 'Another name', quantity: 2, price: { amount: 50, currency: 'GBP' } }],
      reason: 'arrived broken',
      payment: { token: 'tok_ok' },
    }
    ;(await support.post('/credit-notes', credit)).expect(202)
    await shop.application.idle()
    expect(await product()).toMatchObject({
      name: `Product ${sku}`,
      orders: 1,
      units: 4,
      gross: { amount: 1_200 },
      refunds: 1,
      refunded: { amount: 1_200 },
      creditNotes: 1,
      credited: { amount: 100 },
      unitsReturned: 6,
      net: { amount: -100, currency: 'GBP' },
    })
    const countries = (await operator.get('/reports/revenue/countries')).expect(200).items
    expect(countries).toContainEqual(
      expect.objectContaining({ country: 'France', orders: 0, net: { amount: -100, currency: 'GBP' } }),
    )
    expect((await shop.door.get(`/stock/${sku}`)).body).toMatchObject({
      available: 100,
      reserved: 0,
      sold: 0,
    })
  })

  test('are for operators alone', async () => {
    const customer = await shop.customer()
    const support = await shop.staff('support')
    for (const path of ['totals', 'revenue/days', 'revenue/countries', 'products']) {
      expect((await shop.door.get(`/reports/${path}`)).status).toBe(401)
      expect((await customer.get(`/reports/${path}`)).status).toBe(403)
      expect((await support.get(`/reports/${path}`)).status).toBe(403)
    }
  })

  test.each([
    ['revenue/days?from=yesterday', 'from'],
    ['revenue/days?cursor=x', 'cursor'],
    ['revenue/days?currency=EUR', 'currency'],
    ['products?sort=gross', 'sort'],
    ['products?cursor=12', 'cursor'],
    ['products?cursor=99999999999999999~A', 'cursor'],
    ['revenue/countries?limit=101', 'limit'],
  ])('GET /reports/%s is refused and named', async (search, field) => {
    const answer = await operator.get(`/reports/${search}`)
    expect(answer.expect(400).details.issues[0].path).toBe(field)
  })
})
