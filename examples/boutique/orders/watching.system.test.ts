import { createFaultPoints, describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Followed, Item } from '../testing-door.ts'
import { isSettled, startShop, type Person, type TestShop } from '../testing.ts'

const WAY = ['placed', 'reserved', 'authorised', 'paid', 'completed', 'dispatched', 'delivered']
const statusesOf = (items: readonly Item[]) =>
  items.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data).status)

describePlacements('watching an order', ({ options }) => {
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

  const place = async (): Promise<string> =>
    (await customer.post('/orders', { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } })).expect(
      202,
    ).id

  const delivered = async () => {
    const { id } = await shop.order(customer, [{ sku, quantity: 1 }])
    await shop.ship(id)
    await customer.follow(`/orders/${id}/events`)
    return id
  }

  test('gives its history live, numbered, to its delivery', async () => {
    const id = await place()
    const completed = Promise.withResolvers<void>()
    const following = customer.follow(`/orders/${id}/events`, {
      onItem: (item) => isSettled(item) && completed.resolve(),
    })
    await completed.promise
    await shop.ship(id)
    const { status, items, text } = await following
    expect(status).toBe(200)
    expect(statusesOf(items)).toEqual(WAY)
    expect(items.map((item) => item.id)).toEqual(['1', '2', '3', '4', '5', '6', '7', undefined])
    expect(items.at(-1)).toMatchObject({ event: 'end' })
    expect(text).not.toContain('retry:')
  })

  test('goes on after the last id that was seen, and has nothing more after the last one', async () => {
    const id = await delivered()
    const rest = await customer.follow(`/orders/${id}/events`, { lastEventId: '5' })
    expect(statusesOf(rest.items)).toEqual(['dispatched', 'delivered'])
    expect(rest.items.map((item) => item.id)).toEqual(['6', '7', undefined])
    const nothing = await customer.follow(`/orders/${id}/events`, { lastEventId: '7' })
    expect(nothing).toMatchObject({ status: 204, text: '' })
  })

  test('tells what happens while it happens', async () => {
    const held = faults.pause('saga.capturePayment.stored')
    const id = await place()
    const authorised = Promise.withResolvers<void>()
    const following = customer.follow(`/orders/${id}/events`, {
      onItem: ({ data }) => data.includes('"authorised"') && authorised.resolve(),
      until: isSettled,
    })
    await authorised.promise
    await held.reached
    expect((await customer.get(`/orders/${id}`)).body.status).toBe('authorised')
    held.release()
    expect(statusesOf((await following).items).at(-1)).toBe('completed')
  })

  test.each(['-1', '1.5', 'abc', '99999999999999999999'])(
    'a last id of %s that never was is no failure of ours',
    async (lastEventId) => {
      const id = await delivered()
      const { status } = await customer.follow(`/orders/${id}/events`, { lastEventId })
      expect(status).toBeLessThan(500)
    },
  )
})

test('a stopping shop closes its streams and says when to come again', async () => {
  const faults = createFaultPoints()
  await using shop = await startShop({ faults })
  const customer = await shop.customer()
  const sku = await shop.product()
  const held = faults.pause('saga.capturePayment.stored')
  const { id } = (
    await customer.post('/orders', { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } })
  ).expect(202)
  const first = Promise.withResolvers<void>()
  const following: Promise<Followed> = customer.follow(`/orders/${id}/events`, {
    onItem: () => first.resolve(),
  })
  await first.promise
  const stopping = shop.application.stop()
  const { text, items } = await following
  held.release()
  await stopping
  expect(text).toMatch(/retry: \d+\n/)
  expect(items.some(({ event }) => event === 'end')).toBe(false)
})
