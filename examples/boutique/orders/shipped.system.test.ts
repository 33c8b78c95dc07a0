import { createFaultPoints, describePlacements, eventually } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'

const ADDRESS = {
  name: 'Ann',
  street: '1 Rue de Rivoli',
  city: 'Paris',
  postcode: '75001',
  country: 'France',
}
const WAY = ['placed', 'reserved', 'authorised', 'paid', 'completed', 'dispatched', 'delivered']

describePlacements('the goods of an order', ({ options }) => {
  const faults = createFaultPoints()
  let shop: TestShop
  let customer: Person
  let sku: string
  beforeAll(async () => {
    shop = await startShop({ ...options, faults })
    customer = await shop.customer()
    sku = await shop.product({ pieces: 1_000 })
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const place = (changes: object = {}) =>
    customer.post('/orders', {
      lines: [{ sku, quantity: 2 }],
      payment: { token: 'tok_ok' },
      ...changes,
    })
  const orderOf = async (id: string) => (await customer.get(`/orders/${id}`)).expect(200)
  const reached = (id: string, status: string) =>
    eventually(async () => {
      const order = await orderOf(id)
      return order.status === status && order
    })
  const eventsOf = async (id: string) => {
    const rows = await shop.application.query(
      `select type from archipel_bus.log where publisher = 'orders' and key = $1 order by position`,
      [id],
    )
    return rows.map((row) => String(row['type']).split('.')[1])
  }

  test.each(['dispatched', 'delivered'] as const)(
    'may be %s before the order is completed: it is sold first, then it follows',
    async (far) => {
      const held = faults.pause('saga.completeOrder.stored')
      const { id } = (await place()).expect(202)
      await held.reached
      await shop.ship(id, far)
      await eventually(async () => (await orderOf(id)).trackingNumber !== null)
      expect(['placed', 'reserved', 'authorised', 'paid']).toContain((await orderOf(id)).status)
      held.release()
      const order = await reached(id, far)
      const way = WAY.slice(0, WAY.indexOf(far) + 1)
      expect(order.history.map(({ status }: { status: string }) => status)).toEqual(way)
      expect(await eventsOf(id)).toEqual([
        'orderPlaced',
        'orderCompleted',
        ...(far === 'delivered' ? ['orderDispatched', 'orderDelivered'] : ['orderDispatched']),
      ])
      await shop.application.idle()
      expect((await shop.door.get(`/stock/${sku}`)).body.reserved).toBe(0)
    },
  )

  test('go to the address that is given, of its country; the order shows it and the tracking number', async () => {
    const { id } = (await place({ shipTo: { address: ADDRESS } })).expect(202)
    const { trackingNumber } = await reached(id, 'completed')
    expect(await orderOf(id)).toMatchObject({ address: ADDRESS, country: 'France', source: 'shop' })
    expect((await customer.get(`/orders/${id}/shipment`)).expect(200)).toMatchObject({
      address: ADDRESS,
      trackingNumber,
      status: 'ready',
    })
  })

  test('go to an address and are paid with a card that the customer keeps', async () => {
    const { id: addressId } = (await customer.post('/users/me/addresses', ADDRESS)).expect(201)
    const card = { label: 'mine', brand: 'visa', last4: '4242', token: 'tok_ok' }
    const { id: methodId } = (await customer.post('/users/me/payment-methods', card)).expect(201)
    const { id } = (await place({ shipTo: { addressId }, payment: { methodId } })).expect(202)
    expect(await reached(id, 'completed')).toMatchObject({ address: ADDRESS, country: 'France' })
  })

  test('without an address are collected where the shop is', async () => {
    const { id } = (await place()).expect(202)
    expect(await reached(id, 'completed')).toMatchObject({ address: null, country: 'United Kingdom' })
  })

  test("to somebody else's address, or paid with somebody else's card, are refused", async () => {
    const other = await shop.customer()
    const { id: addressId } = (await other.post('/users/me/addresses', ADDRESS)).expect(201)
    const card = { label: 'theirs', brand: 'visa', last4: '4242', token: 'tok_ok' }
    const { id: methodId } = (await other.post('/users/me/payment-methods', card)).expect(201)
    expect((await place({ shipTo: { addressId } })).body).toMatchObject({ code: 'ADDRESS_NOT_FOUND' })
    expect((await place({ payment: { methodId } })).body).toMatchObject({ code: 'METHOD_NOT_FOUND' })
  })

  test.each([
    ['neither token nor method', { payment: {} }],
    ['a word too many', { payment: { token: 'tok_ok', word: 1 } }],
    ['half an address', { shipTo: { address: { ...ADDRESS, city: undefined } } }],
  ])('with %s are refused', async (_, changes) => {
    expect((await place(changes)).status).toBe(400)
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})
