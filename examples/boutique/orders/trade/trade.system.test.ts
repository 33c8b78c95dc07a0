import { randomUUID } from 'node:crypto'
import { describePlacements, eventually } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../../testing.ts'

describePlacements('orders of a trader', ({ options }) => {
  let shop: TestShop
  let trader: Person
  let customer: Person
  let support: Person
  let sku: string
  beforeAll(async () => {
    shop = await startShop(options)
    ;[trader, customer, support] = await Promise.all([
      shop.staff('trade'),
      shop.customer(),
      shop.staff('support'),
    ])
    sku = await shop.product({ pence: 999, pieces: 10_000 })
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const pence = (amount: number) => ({ amount, currency: 'GBP' })
  const invoice = (changes: object = {}) => ({
    externalReference: `I-${randomUUID()}`,
    customerId: customer.id,
    placedAt: '2010-12-01T08:26:00Z',
    country: 'France',
    lines: [
      { sku, quantity: 6, price: pence(255) },
      { sku, quantity: 2, price: pence(339) },
    ],
    payment: { token: 'tok_ok' },
    ...changes,
  })
  const completed = (id: string) =>
    eventually(async () => {
      const order = (await support.get(`/orders/${id}`)).expect(200)
      return order.status === 'completed' && order
    })
  const ownOrders = async (person: Person) => (await person.get('/trade/orders?limit=100')).expect(200).items

  test('keep their time, prices and lines, several of one product too, and go the way of every order', async () => {
    const { id, status, total } = (await trader.post('/trade/orders', invoice())).expect(202)
    expect({ status, total }).toEqual({ status: 'placed', total: pence(6 * 255 + 2 * 339) })
    expect(await completed(id)).toMatchObject({
      source: 'trade',
      country: 'France',
      address: null,
      placedAt: '2010-12-01T08:26:00.000Z',
      lines: [
        { number: 1, sku, quantity: 6, price: pence(255) },
        { number: 2, sku, quantity: 2, price: pence(339) },
      ],
    })
    expect((await customer.get(`/orders/${id}`)).status).toBe(200)
  })

  test('the same again is answered as it stands, whatever the key, however often at once', async () => {
    const order = invoice()
    const answers = await Promise.all(Array.from({ length: 8 }, () => trader.post('/trade/orders', order)))
    const ids = new Set(answers.map((answer) => answer.expect(202).id))
    expect(ids.size).toBe(1)
    const [id = ''] = ids
    await completed(id)
    const sameInstant = { ...order, placedAt: '2010-12-01T08:26:00.000Z' }
    expect((await trader.post('/trade/orders', sameInstant)).expect(202)).toEqual({
      id,
      status: 'completed',
      total: pence(6 * 255 + 2 * 339),
    })
    const items = await ownOrders(trader)
    expect(
      items.filter(
        (item: { externalReference: string }) => item.externalReference === order.externalReference,
      ),
    ).toHaveLength(1)
  })

  test.each([
    ['another customer', () => ({ customerId: randomUUID() })],
    ['another time', () => ({ placedAt: '2010-12-01T08:27:00Z' })],
    ['another country', () => ({ country: 'Spain' })],
    ['another price', () => ({ lines: [{ sku, quantity: 6, price: pence(256) }] })],
  ])('a reference with %s is taken, and nothing is written', async (_, change) => {
    const order = invoice()
    const { id } = (await trader.post('/trade/orders', order)).expect(202)
    const other = await trader.post('/trade/orders', { ...order, ...change() })
    expect(other.expect(409)).toMatchObject({ code: 'REFERENCE_TAKEN', details: { id } })
    expect(await completed(id)).toMatchObject({ total: pence(6 * 255 + 2 * 339) })
  })

  test('of two different ones at once under one reference, one is taken and the other refused', async () => {
    const order = invoice()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, turn) =>
        trader.post('/trade/orders', { ...order, country: turn % 2 === 0 ? 'France' : 'Spain' }),
      ),
    )
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(4)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(4)
  })

  test('belong to their trader: another has the same reference for another order, and sees none of these', async () => {
    const other = await shop.staff('trade')
    const order = invoice()
    const first = (await trader.post('/trade/orders', order)).expect(202)
    const second = (await other.post('/trade/orders', { ...order, country: 'Spain' })).expect(202)
    expect(second.id).not.toBe(first.id)
    expect(await ownOrders(other)).toEqual([
      {
        id: second.id,
        externalReference: order.externalReference,
        status: expect.any(String),
        total: second.total,
      },
    ])
  })

  test('are listed by reference, page by page, and summed up by status', async () => {
    const own = await shop.staff('trade')
    const references = ['536365', '536366', '536367', 'A 7', 'a 7']
    for (const externalReference of references.toReversed()) {
      const { id } = (await own.post('/trade/orders', invoice({ externalReference }))).expect(202)
      await completed(id)
    }
    const declined = invoice({ externalReference: 'declined', payment: { token: 'tok_declined' } })
    const { id } = (await own.post('/trade/orders', declined)).expect(202)
    await eventually(async () => (await support.get(`/orders/${id}`)).body.status === 'rejected')
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: { externalReference: string }[]; next: string | null } = (
        await own.get(`/trade/orders?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
      ).expect(200)
      seen.push(...page.items.map((item) => item.externalReference))
      cursor = page.next
    }
    expect(seen).toEqual([...references, 'declined'])
    const each = { orders: 1, lines: 2, units: 8, total: pence(2_208) }
    expect((await own.get('/trade/orders/summary')).expect(200)).toEqual({
      statuses: [
        { status: 'completed', orders: 5, lines: 10, units: 40, total: pence(5 * 2_208) },
        { status: 'rejected', ...each },
      ],
    })
  })

  test('of things that are no stock need none and go in no parcel', async () => {
    const merchandiser = await shop.staff('merchandiser')
    const postage = {
      sku: `POST-${randomUUID().slice(0, 8)}`,
      name: 'Postage',
      price: pence(1_800),
      stocked: false,
    }
    ;(await merchandiser.post('/products', postage)).expect(201)
    const lines = [
      { sku: postage.sku, quantity: 1, price: pence(1_800) },
      { sku, quantity: 1, price: pence(100) },
    ]
    const { id } = (await trader.post('/trade/orders', invoice({ lines }))).expect(202)
    expect(await completed(id)).toMatchObject({ lines: [{ stocked: false }, { stocked: true }] })
    expect((await support.get(`/orders/${id}/shipment`)).expect(200)).toMatchObject({
      lines: [{ number: 2, sku, quantity: 1 }],
    })
    const alone = invoice({ lines: lines.slice(0, 1) })
    const only = (await trader.post('/trade/orders', alone)).expect(202)
    await completed(only.id)
  })

  test('may have 1,000 lines, each with a price of its own', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => ({ sku, quantity: 1, price: pence(index + 1) }))
    const { id, total } = (await trader.post('/trade/orders', invoice({ lines }))).expect(202)
    expect(total).toEqual(pence(500_500))
    expect((await completed(id)).lines).toHaveLength(1_000)
    const tooMany = invoice({ lines: [...lines, lines[0]] })
    expect((await trader.post('/trade/orders', tooMany)).status).toBe(400)
  })

  test('of unknown goods, or by anybody else, are refused', async () => {
    const unknown = invoice({ lines: [{ sku: 'NOBODY', quantity: 1, price: pence(1) }] })
    expect((await trader.post('/trade/orders', unknown)).body).toMatchObject({
      code: 'SKUS_UNKNOWN',
      details: { skus: ['NOBODY'] },
    })
    expect((await customer.post('/trade/orders', invoice())).status).toBe(403)
    expect((await support.get('/trade/orders')).status).toBe(403)
    expect((await customer.get('/trade/orders/summary')).status).toBe(403)
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})
