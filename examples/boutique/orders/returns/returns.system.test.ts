import { randomUUID } from 'node:crypto'
import { describePlacements, eventually } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { startShop, type Person, type TestShop } from '../../testing.ts'

const Books = z.object({ items: z.array(z.object({ reference: z.string(), refunded: z.int() })) })
const NOBODYS = '0199aaaa-0000-7000-8000-000000000000'

describePlacements('sending goods back', ({ options }) => {
  let shop: TestShop
  let customer: Person
  let support: Person
  beforeAll(async () => {
    shop = await startShop({ ...options, telemetry: { logLevel: 'silent' } })
    ;[customer, support] = await Promise.all([shop.customer(), shop.staff('support')])
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const stockOf = async (sku: string) => (await shop.door.get(`/stock/${sku}`)).expect(200)
  const refundedOf = async (id: string) => {
    const { items } = Books.parse(await (await fetch(`${shop.providerUrl}/books?limit=1000`)).json())
    return items.find(({ reference }) => reference === id)?.refunded
  }
  const is = (id: string, status: string, path = 'orders') =>
    eventually(async () => (await support.get(`/${path}/${id}`)).body.status === status)
  async function delivered(sku: string, quantities: number[], token = 'tok_ok'): Promise<string> {
    const lines = quantities.map((quantity) => ({ sku, quantity }))
    const { id } = await shop.order(customer, lines, token)
    await shop.ship(id)
    await is(id, 'delivered')
    return id
  }
  const ask = (id: string, lines: [number: number, quantity: number][], person = customer) =>
    person.post(`/orders/${id}/returns`, { lines: lines.map(([number, quantity]) => ({ number, quantity })) })
  const approve = (id: string, lines: [number: number, disposition: string][]) =>
    support.post(`/returns/${id}/approval`, {
      lines: lines.map(([number, disposition]) => ({ number, disposition })),
    })

  test('is asked for by line, approved, refunded by the price paid, restocked or written off', async () => {
    const sku = await shop.product({ pence: 250, pieces: 10 })
    const id = await delivered(sku, [3, 2])
    const asked = await ask(id, [
      [1, 2],
      [2, 1],
    ])
    const { id: returnId } = asked.expect(201)
    expect(asked.headers.get('location')).toBe(`/api/v1/returns/${returnId}`)
    expect(asked.body).toMatchObject({
      orderId: id,
      customerId: customer.id,
      status: 'requested',
      refund: { amount: 750 },
      lines: [
        { number: 1, sku, quantity: 2, price: { amount: 250 }, disposition: null },
        { number: 2, sku, quantity: 1, disposition: null },
      ],
    })
    const approved = await approve(returnId, [
      [1, 'restock'],
      [2, 'writeOff'],
    ])
    expect(approved.expect(202)).toMatchObject({ status: 'approved' })
    await is(returnId, 'refunded', 'returns')
    await shop.application.idle()
    expect((await customer.get(`/returns/${returnId}`)).body).toMatchObject({
      status: 'refunded',
      refusal: null,
      lines: [{ disposition: 'restock' }, { disposition: 'writeOff' }],
    })
    expect(await stockOf(sku)).toMatchObject({ available: 7, reserved: 0, sold: 2, writtenOff: 1 })
    expect(await refundedOf(id)).toBe(750)
    expect((await customer.get(`/orders/${id}`)).body.status).toBe('delivered')
  })

  test('is repeated until nothing is left, and no piece of it twice', async () => {
    const sku = await shop.product({ pence: 100, pieces: 10 })
    const id = await delivered(sku, [3])
    for (const quantity of [1, 2]) {
      const { id: returnId } = (await ask(id, [[1, quantity]])).expect(201)
      const tooMany = await ask(id, [[1, 4 - quantity]])
      expect(tooMany.body).toMatchObject({ code: 'MORE_THAN_BOUGHT' })
      ;(await approve(returnId, [[1, 'restock']])).expect(202)
      await is(returnId, 'refunded', 'returns')
    }
    expect((await ask(id, [[1, 1]])).body).toMatchObject({
      code: 'MORE_THAN_BOUGHT',
      details: { lines: [{ number: 1, requested: 1, left: 0 }] },
    })
    expect(await refundedOf(id)).toBe(300)
  })

  test('of one line named twice counts both', async () => {
    const id = await delivered(await shop.product(), [3])
    const answer = await ask(id, [
      [1, 2],
      [1, 2],
    ])
    expect(answer.body).toMatchObject({ details: { lines: [{ number: 1, requested: 4, left: 3 }] } })
  })

  test('many times at once counts every piece once', async () => {
    const id = await delivered(await shop.product(), [4])
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(id, [[1, 1]])))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(4)
    expect(answers.filter(({ body }) => body.code === 'MORE_THAN_BOUGHT')).toHaveLength(8)
  })

  test('that is refused may be asked for again', async () => {
    const id = await delivered(await shop.product(), [1])
    const { id: first } = (await ask(id, [[1, 1]])).expect(201)
    const refusal = await support.post(`/returns/${first}/refusal`, { reason: 'It was worn' })
    expect(refusal.expect(200)).toMatchObject({ status: 'refused', refusal: 'It was worn' })
    ;(await ask(id, [[1, 1]])).expect(201)
  })

  test('that the card processor does not pay back is refused, and moves no goods', async () => {
    const sku = await shop.product({ pieces: 10 })
    const id = await delivered(sku, [2], 'tok_refund_declined')
    const { id: returnId } = (await ask(id, [[1, 2]])).expect(201)
    ;(await approve(returnId, [[1, 'restock']])).expect(202)
    await is(returnId, 'refused', 'returns')
    await shop.application.idle()
    expect((await customer.get(`/returns/${returnId}`)).body).toMatchObject({ refusal: 'REFUND_DECLINED' })
    expect(await stockOf(sku)).toMatchObject({ available: 8, sold: 2 })
    ;(await ask(id, [[1, 2]])).expect(201)
  })

  test('is decided once: of approval and refusal at the same moment one counts', async () => {
    const id = await delivered(await shop.product(), [1])
    const { id: returnId } = (await ask(id, [[1, 1]])).expect(201)
    const answers = await Promise.all([
      approve(returnId, [[1, 'restock']]),
      support.post(`/returns/${returnId}/refusal`, { reason: 'no' }),
      approve(returnId, [[1, 'writeOff']]),
    ])
    const refused = answers.filter(({ status }) => status === 409)
    expect(refused).toHaveLength(2)
    expect(refused[0]?.body.code).toBe('RETURN_DECIDED')
  })

  test('is approved line by line: none left out, none twice, none that was not asked for', async () => {
    const id = await delivered(await shop.product(), [1, 1, 1])
    const { id: returnId } = (
      await ask(id, [
        [1, 1],
        [2, 1],
      ])
    ).expect(201)
    const answer = await approve(returnId, [
      [1, 'restock'],
      [1, 'writeOff'],
      [3, 'restock'],
    ])
    expect(answer.body).toMatchObject({ code: 'LINES_WRONG', details: { missing: [2], wrong: [1, 3] } })
  })

  test('is for goods that have left the house, and for lines that there are', async () => {
    const sku = await shop.product()
    const { id } = await shop.order(customer, [{ sku, quantity: 1 }])
    expect((await ask(id, [[1, 1]])).expect(409)).toMatchObject({
      code: 'NOT_DISPATCHED',
      details: { status: 'completed' },
    })
    await shop.ship(id, 'dispatched')
    await is(id, 'dispatched')
    expect((await ask(id, [[2, 1]])).body).toMatchObject({ code: 'LINES_UNKNOWN', details: { numbers: [2] } })
    expect((await ask(id, [[1, 0]])).status).toBe(400)
    ;(await ask(id, [[1, 1]], support)).expect(201)
  })

  test('of a line that is no stock gives the money back and moves no goods', async () => {
    const merchandiser = await shop.staff('merchandiser')
    const sku = `POST-${randomUUID().slice(0, 8)}`
    const postage = { sku, name: 'Postage', price: { amount: 500, currency: 'GBP' }, stocked: false }
    ;(await merchandiser.post('/products', postage)).expect(201)
    const id = await delivered(sku, [1])
    const { id: returnId } = (await ask(id, [[1, 1]])).expect(201)
    ;(await approve(returnId, [[1, 'restock']])).expect(202)
    await is(returnId, 'refunded', 'returns')
    expect(await refundedOf(id)).toBe(500)
  })

  test('is listed for its customer by order, and for support by status, the longest waiting first', async () => {
    const id = await delivered(await shop.product(), [5])
    const asked: string[] = []
    for (let count = 0; count < 3; count++) asked.push((await ask(id, [[1, 1]])).expect(201).id)
    const idsOf = (body: { items: { id: string }[] }) => body.items.map((item) => item.id)
    const first = (await customer.get(`/orders/${id}/returns?limit=2`)).expect(200)
    const rest = (await customer.get(`/orders/${id}/returns?limit=2&cursor=${first.next}`)).expect(200)
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(asked.toReversed())
    expect(rest.next).toBeNull()
    const open: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: { id: string; status: string }[]; next: string | null } = (
        await support.get(`/returns?limit=100${cursor && `&cursor=${cursor}`}`)
      ).expect(200)
      expect(page.items.every(({ status }) => status === 'requested')).toBe(true)
      open.push(...idsOf(page))
      cursor = page.next
    }
    expect(open.filter((one) => asked.includes(one))).toEqual(asked)
    expect((await support.get('/returns?status=refunded')).expect(200).items.length).toBeGreaterThan(0)
  })

  test('is the business of its customer and of support, who alone decides', async () => {
    const id = await delivered(await shop.product(), [1])
    const other = await shop.customer()
    expect((await ask(id, [[1, 1]], other)).status).toBe(404)
    const { id: returnId } = (await ask(id, [[1, 1]])).expect(201)
    expect((await other.get(`/returns/${returnId}`)).status).toBe(404)
    expect((await other.get(`/orders/${id}/returns`)).expect(200).items).toEqual([])
    expect((await support.get(`/orders/${id}/returns`)).expect(200).items).toHaveLength(1)
    expect((await customer.get('/returns')).status).toBe(403)
    const words = { reason: 'mine' }
    expect((await customer.post(`/returns/${returnId}/refusal`, words)).status).toBe(403)
    const lines = [{ number: 1, disposition: 'restock' }]
    expect((await customer.post(`/returns/${returnId}/approval`, { lines })).status).toBe(403)
    expect((await support.post(`/returns/${NOBODYS}/refusal`, words)).status).toBe(404)
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})
