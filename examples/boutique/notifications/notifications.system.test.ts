import { randomUUID } from 'node:crypto'
import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'

const ALL = {
  orderReceived: true,
  orderPaid: true,
  orderDispatched: true,
  orderRejected: true,
  orderRefunded: true,
}
interface Mail {
  readonly number: number
  readonly to: readonly string[]
  readonly subject: string
  readonly messageId: string
}

describePlacements('notifications', ({ options }) => {
  let shop: TestShop
  let sku: string
  let support: Person
  beforeAll(async () => {
    shop = await startShop(options)
    sku = await shop.product({ pieces: 10_000 })
    support = await shop.staff('support')
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  async function customerAt(domain: string): Promise<Person> {
    const account = { email: `${randomUUID()}@${domain}`, password: 'a password for tests' }
    ;(await shop.door.post('/users', { ...account, name: 'Zoë Müller' })).expect(201)
    return shop.signIn(account)
  }
  async function mailTo(person: Person): Promise<Mail[]> {
    const { items } = (await shop.operations.get('/mail?limit=100')).expect(200)
    return items.filter(({ to }: Mail) => to.includes(person.email))
  }
  const told = async (person: Person) => (await person.get('/notifications')).expect(200).items
  const subjects = async (person: Person) =>
    (await mailTo(person)).map(({ subject }) => subject).toSorted((a, b) => a.localeCompare(b))

  test('a customer is told that the order is there and that it is paid, once each', async () => {
    const zoe = await customerAt('example.com')
    const order = await shop.order(zoe, [{ sku, quantity: 2 }])
    await shop.application.idle()
    expect(await subjects(zoe)).toEqual(['We have your order', 'Your order is paid'])
    const [latest] = await mailTo(zoe)
    const { text, source } = (await shop.operations.get(`/mail/${latest?.number}`)).expect(200)
    expect(text).toContain('Dear Zoë Müller,')
    expect(text).toContain(order.id)
    expect(source).toMatch(/^To: =\?UTF-8\?/m)
    const sent = await told(zoe)
    expect(sent).toMatchObject([
      { orderId: order.id, status: 'sent', reason: null, endedAt: expect.any(String) },
      { orderId: order.id, status: 'sent' },
    ])
    expect(sent.map(({ messageId }: Mail) => messageId).toSorted()).toEqual(
      (await mailTo(zoe)).map(({ messageId }) => messageId).toSorted(),
    )
  })

  test('a rejected order is told of with its reason', async () => {
    const zoe = await customerAt('example.com')
    await shop.order(zoe, [{ sku, quantity: 1 }], 'tok_declined')
    await shop.application.idle()
    expect(await subjects(zoe)).toEqual(['We cannot fulfil your order', 'We have your order'])
    const [rejection] = (await mailTo(zoe)).filter(({ subject }) => subject.startsWith('We cannot'))
    const { text } = (await shop.operations.get(`/mail/${rejection?.number}`)).expect(200)
    expect(text).toContain('Your card was declined')
  })

  test('a parcel that left is told of with its tracking number', async () => {
    const zoe = await customerAt('example.com')
    const order = await shop.order(zoe, [{ sku, quantity: 1 }])
    await shop.ship(order.id, 'dispatched')
    await shop.application.idle()
    const shipment = (await zoe.get(`/orders/${order.id}/shipment`)).expect(200)
    const [mail] = (await mailTo(zoe)).filter(({ subject }) => subject === 'Your order is on its way')
    const { text } = (await shop.operations.get(`/mail/${mail?.number}`)).expect(200)
    expect(text).toContain(shipment.trackingNumber)
  })

  test('an order that was called off after it was paid is told of with what goes back', async () => {
    const zoe = await customerAt('example.com')
    const order = await shop.order(zoe, [{ sku, quantity: 3 }])
    ;(await zoe.post(`/orders/${order.id}/cancellation`, {})).expect(202)
    await shop.application.idle()
    const [mail] = (await mailTo(zoe)).filter(({ subject }) => subject === 'Your refund')
    const { text } = (await shop.operations.get(`/mail/${mail?.number}`)).expect(200)
    expect(text).toContain('£3.00')
  })

  test('a trader tells its customers itself', async () => {
    const trader = await shop.staff('trade')
    const externalReference = randomUUID()
    const [name, email, country] = ['Imported', `${externalReference}@example.com`, 'EIRE']
    const { id: customerId } = (
      await trader.post('/trade/customers', { externalReference, name, email, country })
    ).expect(200)
    const placedAt = '2010-12-01T08:26:00.000Z'
    const lines = [{ sku, quantity: 1, price: { amount: 100, currency: 'GBP' } }]
    const payment = { token: 'tok_ok' }
    const order = { externalReference, customerId, placedAt, country, lines, payment }
    const { id } = (await trader.post('/trade/orders', order)).expect(202)
    await shop.application.idle()
    expect((await support.get(`/orders/${id}`)).expect(200).status).toBe('completed')
    expect((await support.get(`/notifications?orderId=${id}`)).expect(200).items).toEqual([])
  })

  describe('preferences', () => {
    test('say all until somebody says otherwise', async () => {
      const zoe = await customerAt('example.com')
      expect((await zoe.get('/notifications/preferences')).expect(200)).toEqual({ personId: zoe.id, ...ALL })
    })

    test('who wants none gets none, and it is on record that none was sent', async () => {
      const zoe = await customerAt('example.com')
      const none = Object.fromEntries(Object.keys(ALL).map((kind) => [kind, false]))
      ;(await zoe.put('/notifications/preferences', none)).expect(200)
      await shop.order(zoe, [{ sku, quantity: 1 }])
      await shop.application.idle()
      expect(await mailTo(zoe)).toEqual([])
      expect(await told(zoe)).toMatchObject([{ status: 'unwanted' }, { status: 'unwanted' }])
    })

    test('who wants to know of one thing is told of that alone', async () => {
      const zoe = await customerAt('example.com')
      ;(await zoe.put('/notifications/preferences', { ...ALL, orderReceived: false })).expect(200)
      await shop.order(zoe, [{ sku, quantity: 1 }])
      await shop.application.idle()
      expect(await subjects(zoe)).toEqual(['Your order is paid'])
    })
  })

  test('what the mail server refuses for good is on record, with what it said', async () => {
    const zoe = await customerAt('refused.example')
    await shop.order(zoe, [{ sku, quantity: 1 }])
    await shop.application.idle()
    expect(await told(zoe)).toMatchObject([
      { status: 'refused', reason: expect.stringContaining('550') },
      { status: 'refused' },
    ])
  })

  test('what was not accepted for now is sent a little later, once', async () => {
    for (const domain of ['grey.example', 'cut.example']) {
      const zoe = await customerAt(domain)
      await shop.order(zoe, [{ sku, quantity: 1 }])
      await shop.application.idle()
      expect(await subjects(zoe)).toEqual(['We have your order', 'Your order is paid'])
    }
  })

  test('what is unknown is listed, not sent again; sending again is a decision of a person, under the same Message-ID', async () => {
    const zoe = await customerAt('lost.example')
    await shop.order(zoe, [{ sku, quantity: 1 }])
    const listed = async () =>
      (await shop.operations.get('/unknown-outcomes'))
        .expect(200)
        .items.filter(({ service }: { service: string }) => service === 'notifications')
    await expect.poll(async () => (await listed()).length, { timeout: 10_000 }).toBe(2)
    expect(await told(zoe)).toMatchObject([{ status: 'sending' }, { status: 'sending' }])
    expect(await mailTo(zoe)).toHaveLength(2)

    const [first, second] = await listed()
    const why = { who: 'Ada', why: 'asked the customer' }
    const act = (
      item: { operation: string; principal: string; key: string },
      action: string,
      more: object,
    ) => {
      const { operation, principal, key } = item
      const input = { operation, principal, key, ...why, ...more }
      return shop.operations.post(`/unknown-outcomes/notifications/${action}`, input)
    }
    ;(await act(first, 'resolve', { outcome: JSON.stringify({ status: 'sent' }) })).expect(200)
    ;(await act(second, 'send-again', {})).expect(200)
    await expect.poll(async () => (await mailTo(zoe)).length, { timeout: 10_000 }).toBe(3)
    const ids = (await mailTo(zoe)).map(({ messageId }) => messageId)
    expect(new Set(ids).size).toBe(2)
    await expect.poll(async () => (await listed()).length, { timeout: 10_000 }).toBe(1)
    const [again] = await listed()
    ;(await act(again, 'resolve', { outcome: JSON.stringify({ status: 'sent' }) })).expect(200)
    await shop.application.idle()
    expect(await told(zoe)).toMatchObject([{ status: 'sent' }, { status: 'sent' }])
  })

  test('everybody sees their own, support those of anybody', async () => {
    const [zoe, other] = [await customerAt('example.com'), await shop.customer()]
    const order = await shop.order(zoe, [{ sku, quantity: 1 }])
    await shop.application.idle()
    expect(await told(other)).toEqual([])
    expect((await other.get(`/notifications?personId=${zoe.id}`)).expect(200).items).toEqual([])
    for (const query of [`personId=${zoe.id}`, `orderId=${order.id}`])
      expect((await support.get(`/notifications?${query}`)).expect(200).items).toHaveLength(2)
    expect((await shop.door.get('/notifications')).status).toBe(401)
    const page = (await zoe.get('/notifications?limit=1')).expect(200)
    const next = (await zoe.get(`/notifications?limit=1&cursor=${page.next}`)).expect(200)
    expect([page.items.length, next.items.length, next.next]).toEqual([1, 1, null])
  })

  test('the mail of operators is behind their token', async () => {
    const answer = await fetch(`${shop.application.operationsUrl}/mail`)
    expect(answer.status).toBe(401)
    expect((await shop.operations.get('/mail/999999')).expect(404).code).toBe('MAIL_NOT_FOUND')
  })
})
