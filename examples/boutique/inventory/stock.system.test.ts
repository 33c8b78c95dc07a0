import { randomUUID } from 'node:crypto'
import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'
import { inventory } from './contract.ts'

describePlacements('the stock', ({ options }) => {
  let shop: TestShop
  let merchandiser: Person
  beforeAll(async () => {
    shop = await startShop(options)
    merchandiser = await shop.staff('merchandiser')
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const inside = () => shop.application.client(inventory, { idempotencyKey: randomUUID() })
  const stockOf = async (sku: string) => (await shop.door.get(`/stock/${sku}`)).expect(200)
  const movementsOf = async (sku: string, search = '') =>
    (await merchandiser.get(`/stock/${sku}/movements${search}`)).expect(200)
  const correct = (sku: string, quantity: number, reason = 'counted') =>
    merchandiser.post(`/stock/${sku}/corrections`, { quantity, reason })

  /** An order of ours as the saga would reserve it. @returns its id. */
  async function reserved(lines: { sku: string; quantity: number }[]): Promise<string> {
    const orderId = randomUUID()
    await inside().reserve({ orderId, lines })
    return orderId
  }

  /** The marks of low stock that were told of a SKU, in order. */
  async function lowNews(sku: string): Promise<unknown[]> {
    const rows = await shop.application.query(
      `select event -> 'data' as data from archipel_bus.log where type = 'inventory.stockLow.v1' and key = $1 order by position`,
      [sku],
    )
    return rows.map(({ data }) => data)
  }

  test('is corrected up and down, never below what is available', async () => {
    const sku = await shop.product({ pieces: 10 })
    await reserved([{ sku, quantity: 4 }])
    expect((await correct(sku, -7)).expect(422)).toMatchObject({
      code: 'MORE_THAN_AVAILABLE',
      details: { sku, available: 6 },
    })
    expect((await correct(sku, -6, 'damaged')).expect(201)).toMatchObject({ available: 0, corrections: -6 })
    expect((await correct(sku, 2, 'found')).expect(201)).toEqual({
      sku,
      received: 10,
      corrections: -4,
      available: 2,
      reserved: 4,
      sold: 0,
      writtenOff: 0,
      lowAt: null,
    })
  })

  test('tells what came in and went out, with reasons, in pages', async () => {
    const sku = await shop.product({ pieces: 0 })
    const receipt = { quantity: 9, reason: 'production', reference: 'batch 7' }
    ;(await merchandiser.post(`/stock/${sku}/receipts`, receipt)).expect(201)
    const correction = { quantity: -2, reason: 'damaged', note: 'fell from the pallet' }
    ;(await merchandiser.post(`/stock/${sku}/corrections`, correction)).expect(201)
    ;(await merchandiser.post(`/stock/${sku}/receipts`, { quantity: 1 })).expect(201)
    const { items, next } = await movementsOf(sku, '?limit=2')
    const rest = await movementsOf(sku, `?limit=2&cursor=${next}`)
    expect([...items, ...rest.items]).toMatchObject([
      { kind: 'receipt', quantity: 1, reason: 'delivery', reference: null, note: null },
      { kind: 'correction', quantity: -2, reason: 'damaged', reference: null, note: 'fell from the pallet' },
      { kind: 'receipt', quantity: 9, reason: 'production', reference: 'batch 7', note: null },
    ])
    expect(rest.next).toBeNull()
  })

  test.each([
    ['quantity', { quantity: 0, reason: 'counted' }],
    ['quantity', { quantity: 1.5, reason: 'counted' }],
    ['reason', { quantity: 1, reason: 'because' }],
    ['note', { quantity: 1, reason: 'counted', note: '' }],
    ['note', { quantity: 1, reason: 'counted', note: 'a\u0000b' }],
  ])('a correction with a wrong %s is refused and named', async (field, correction) => {
    const sku = await shop.product()
    const answer = await merchandiser.post(`/stock/${sku}/corrections`, correction)
    expect(answer.expect(400).details.issues[0].path).toBe(field)
  })

  test('lists by SKU, and what runs low alone', async () => {
    const skus = [await shop.product({ pieces: 3 }), await shop.product({ pieces: 30 })]
    for (const sku of skus) (await merchandiser.put(`/stock/${sku}/low`, { lowAt: 5 })).expect(200)
    const seen: string[] = []
    let cursor = ''
    do {
      const { items, next } = (await merchandiser.get(`/stock?limit=2${cursor}`)).expect(200)
      seen.push(...items.map(({ sku }: { sku: string }) => sku))
      cursor = next === null ? '' : `&cursor=${encodeURIComponent(next)}`
    } while (cursor !== '')
    expect(seen).toEqual([...new Set(seen)].toSorted())
    expect(seen).toEqual(expect.arrayContaining(skus))
    const low = (await merchandiser.get('/stock?low=true&limit=100')).expect(200)
    expect(low.items.map(({ sku }: { sku: string }) => sku)).toContain(skus[0])
    expect(low.items.map(({ sku }: { sku: string }) => sku)).not.toContain(skus[1])
  })

  test('tells once that it fell to its mark, and again when it had risen above it', async () => {
    const sku = await shop.product({ pieces: 10 })
    ;(await merchandiser.put(`/stock/${sku}/low`, { lowAt: 4 })).expect(200)
    const first = await reserved([{ sku, quantity: 5 }])
    expect(await lowNews(sku)).toEqual([])
    const second = await reserved([{ sku, quantity: 2 }])
    await reserved([{ sku, quantity: 1 }])
    expect(await lowNews(sku)).toMatchObject([{ sku, available: 3, lowAt: 4 }])
    for (const orderId of [first, second]) await inside().release({ orderId })
    ;(await correct(sku, -5)).expect(201)
    ;(await correct(sku, -1)).expect(201)
    expect(await lowNews(sku)).toMatchObject([{ available: 3 }, { available: 4 }])
    ;(await merchandiser.put(`/stock/${sku}/low`, { lowAt: null })).expect(200)
    ;(await merchandiser.put(`/stock/${sku}/low`, { lowAt: 9 })).expect(200)
    expect(await lowNews(sku)).toHaveLength(3)
  })

  test('of no goods is reserved, sold and put back like any other', async () => {
    const orderId = await reserved([])
    expect(await inside().restock({ orderId })).toEqual({ restocked: true })
    expect(await inside().restock({ orderId })).toEqual({ restocked: false })
    expect(await inside().release({ orderId })).toEqual({ released: false })
  })

  test('goods come back onto the shelf or are written off, never more than went out', async () => {
    const sku = await shop.product({ pieces: 10 })
    const orderId = await reserved([
      { sku, quantity: 2 },
      { sku, quantity: 4 },
    ])
    const returnId = randomUUID()
    const lines = [
      { sku, quantity: 1, disposition: 'restock' as const },
      { sku, quantity: 2, disposition: 'writeOff' as const },
      { sku: 'POST', quantity: 1, disposition: 'restock' as const },
    ]
    const taken = await inside().takeBack({ returnId, orderId, lines })
    expect(await inside().takeBack({ returnId, orderId, lines })).toEqual(taken)
    expect(await stockOf(sku)).toMatchObject({ available: 5, reserved: 0, sold: 3, writtenOff: 2 })
    const again = inside().takeBack({
      returnId: randomUUID(),
      orderId,
      lines: [{ sku, quantity: 4, disposition: 'restock' }],
    })
    await expect(again).rejects.toMatchObject({
      code: 'MORE_THAN_SOLD',
      details: { sku, quantity: 4, left: 3 },
    })
    expect(await inside().restock({ orderId })).toEqual({ restocked: true })
    expect(await stockOf(sku)).toMatchObject({ available: 8, reserved: 0, sold: 0, writtenOff: 2 })
    expect((await movementsOf(sku)).items).toMatchObject([
      { kind: 'restock', quantity: 3, reference: orderId },
      { kind: 'writeOff', quantity: -2, reference: returnId },
      { kind: 'return', quantity: 3, reference: returnId },
      { kind: 'sale', quantity: -6, reference: orderId },
      { kind: 'receipt', quantity: 10 },
    ])
  })

  test('of an order that was never sold takes nothing back', async () => {
    const sku = await shop.product({ pieces: 10 })
    const orderId = await reserved([{ sku, quantity: 2 }])
    await inside().release({ orderId })
    const lines = [{ sku, quantity: 1, disposition: 'restock' as const }]
    await expect(inside().takeBack({ returnId: randomUUID(), orderId, lines })).rejects.toMatchObject({
      code: 'NOT_SOLD',
    })
    expect(await stockOf(sku)).toMatchObject({ available: 10, sold: 0 })
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})
