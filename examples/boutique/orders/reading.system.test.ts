import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'

const NOBODYS = '0199aaaa-0000-7000-8000-000000000000'

describePlacements('orders', ({ options }) => {
  let shop: TestShop
  let customer: Person
  let other: Person
  let support: Person
  let id: string
  let sku: string
  beforeAll(async () => {
    shop = await startShop(options)
    ;[customer, other, support] = await Promise.all([shop.customer(), shop.customer(), shop.staff('support')])
    sku = await shop.product({ pieces: 1_000 })
    id = (await shop.order(customer, [{ sku, quantity: 1 }])).id
    await shop.ship(id)
    await customer.follow(`/orders/${id}/events`)
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  describe.each([`/orders/{id}`, `/orders/{id}/events`])('GET %s', (template) => {
    const at = (order: string) => template.replace('{id}', order)

    test('is open to its customer and to support', async () => {
      expect((await customer.get(at(id))).status).toBe(200)
      expect((await support.get(at(id))).status).toBe(200)
    })

    test('is 404 for anybody else, exactly as if there were no such order', async () => {
      const someone = await other.get(at(id))
      const nobody = await other.get(at(NOBODYS))
      expect(someone.status).toBe(404)
      expect({ ...someone.body, correlationId: '', instance: '' }).toEqual({
        ...nobody.body,
        correlationId: '',
        instance: '',
      })
      expect(someone.text).not.toContain(customer.id)
    })

    test('is 401 without a token', async () => {
      expect((await shop.door.get(at(id))).status).toBe(401)
    })
  })

  test("someone else's payments are not told from none", async () => {
    expect((await customer.get(`/payments?orderId=${id}`)).body.items).toHaveLength(1)
    expect((await support.get(`/payments?orderId=${id}`)).body.items).toHaveLength(1)
    const [someone, nobody] = [
      await other.get(`/payments?orderId=${id}`),
      await other.get(`/payments?orderId=${NOBODYS}`),
    ]
    expect(someone.text).not.toContain(customer.id)
    expect([someone.status, someone.body?.items]).toEqual([nobody.status, nobody.body?.items])
  })

  test('are listed as pages of their customer, the latest first', async () => {
    const own = await shop.customer()
    const placed: string[] = []
    for (let count = 0; count < 5; count++) {
      placed.push(
        (await own.post('/orders', { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } })).expect(
          202,
        ).id,
      )
    }
    const seen: string[] = []
    let cursor: string | null = null
    const sizes: number[] = []
    do {
      const page: { items: { id: string; customerId: string }[]; next: string | null } = (
        await own.get(`/orders?limit=2${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
      ).expect(200)
      expect(page.items.every(({ customerId }) => customerId === own.id)).toBe(true)
      seen.push(...page.items.map((order) => order.id))
      sizes.push(page.items.length)
      cursor = page.next
    } while (cursor !== null)
    expect(seen).toEqual(placed.toReversed())
    expect(sizes).toEqual([2, 2, 1])
  })

  test.each(['limit=0', 'limit=101', 'limit=x', 'limit=1.5', 'cursor=x', 'colour=red'])(
    'GET /orders?%s is refused and named',
    async (search) => {
      const answer = await customer.get(`/orders?${search}`)
      expect(answer.status).toBe(400)
      expect(answer.body.details.issues[0].path).toBe(search.split('=')[0])
    },
  )

  test('roles decide who may do what', async () => {
    const merchandiser = await shop.staff('merchandiser')
    const product = { sku: 'NEW-1', name: 'New', price: { amount: 100, currency: 'GBP' } }
    const price = { price: { amount: 100, currency: 'GBP' } }
    const order = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } }
    const attempts = async (person: Person) => [
      (await person.post('/products', product)).status,
      (await person.put(`/products/${sku}/price`, price)).status,
      (await person.post(`/stock/${sku}/receipts`, { quantity: 1 })).status,
      (await person.post('/orders', order)).status,
    ]
    expect(await attempts(customer)).toEqual([403, 403, 403, 202])
    expect(await attempts(support)).toEqual([403, 403, 403, 403])
    expect(await attempts(merchandiser)).toEqual([201, 200, 201, 403])
    expect((await merchandiser.post('/products', product)).expect(409)).toMatchObject({
      code: 'SKU_TAKEN',
      details: { sku: 'NEW-1' },
    })
  })

  test('internal operations have no way in from outside', async () => {
    for (const path of [
      '/orders/completeOrder',
      '/orders/rejectOrder',
      '/inventory/reserve',
      '/payments/authorise',
      '/users/keys',
    ]) {
      expect((await support.post(path, {})).status).toBeGreaterThanOrEqual(404)
    }
    const { paths } = (await connectRoot(shop)).body
    expect(JSON.stringify(paths)).not.toMatch(/completeOrder|rejectOrder|listKeys|openAccount|authorise/)
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})

async function connectRoot(shop: TestShop) {
  const response = await fetch(`${shop.application.url}/openapi.json`)
  return { body: (await response.json()) as { paths: unknown } }
}
