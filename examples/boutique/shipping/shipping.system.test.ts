import { randomUUID } from 'node:crypto'
import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'
import { shipping } from './contract.ts'

const HOME = {
  name: 'A customer',
  street: '1 Mill Lane',
  city: 'Leeds',
  postcode: 'LS1 1AA',
  country: 'United Kingdom',
}
const TWO_LINES = [
  { number: 1, sku: 'MUG', name: 'A mug', quantity: 3 },
  { number: 2, sku: 'MUG', name: 'A mug', quantity: 1 },
]
const ROUNDS = 1_000
const AT_ONCE = 50

describePlacements('a shipment', ({ options }) => {
  let shop: TestShop
  let warehouse: Person
  let customer: Person
  beforeAll(async () => {
    shop = await startShop(options)
    warehouse = await shop.staff('warehouse')
    customer = await shop.customer()
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const inside = () => shop.application.client(shipping, { idempotencyKey: randomUUID() })
  const scheduled = async (orderId = randomUUID(), lines = TWO_LINES) => {
    const { shipmentId } = await inside().scheduleShipment({
      orderId,
      customerId: customer.id,
      address: HOME,
      lines,
    })
    return { orderId, id: shipmentId }
  }
  const read = async (id: string) => (await warehouse.get(`/shipments/${id}`)).expect(200)
  const dispatch = (id: string, body: object = {}) => warehouse.post(`/shipments/${id}/dispatch`, body)

  /** The names of the events of each order, in order. */
  async function eventsOf(orderIds: string[]): Promise<Map<unknown, unknown>> {
    const rows = await shop.application.query(
      `select key, string_agg(split_part(type, '.', 2), ',' order by position) as names from archipel_bus.log
        where publisher = 'shipping' and key = any ($1) group by key`,
      [orderIds],
    )
    return new Map(rows.map(({ key, names }) => [key, names]))
  }

  test('goes from ready over dispatched to delivered, and its customer can follow it', async () => {
    const { id, orderId } = await scheduled()
    const own = async () => (await customer.get(`/orders/${orderId}/shipment`)).expect(200)
    expect(await own()).toMatchObject({ id, status: 'ready', address: HOME, lines: TWO_LINES, parcels: [] })
    const left = (await dispatch(id)).expect(200)
    expect(left).toMatchObject({ id, status: 'dispatched' })
    expect(await own()).toMatchObject({
      status: 'dispatched',
      dispatchedAt: left.at,
      parcels: [
        {
          number: 1,
          lines: [
            { number: 1, quantity: 3 },
            { number: 2, quantity: 1 },
          ],
        },
      ],
    })
    const arrived = (await warehouse.post(`/shipments/${id}/delivery`, {})).expect(200)
    expect(await own()).toMatchObject({
      status: 'delivered',
      trackingNumber: left.trackingNumber,
      dispatchedAt: left.at,
      deliveredAt: arrived.at,
      recalledAt: null,
    })
  })

  test('has a tracking number whose check digit is right', async () => {
    const numbers = await Promise.all(
      Array.from({ length: 20 }, async () => (await read((await scheduled()).id)).trackingNumber),
    )
    expect(new Set(numbers).size).toBe(20)
    for (const number of numbers) expect(checkDigitOf(number)).toBe(Number(number[10]))
  })

  test('that is asked for again under another key is the same one', async () => {
    const first = await scheduled()
    expect(await scheduled(first.orderId, [])).toEqual(first)
    expect((await read(first.id)).lines).toEqual(TWO_LINES)
  })

  test('that many ask for at once is one', async () => {
    const orderId = randomUUID()
    const all = await Promise.all(Array.from({ length: 8 }, () => scheduled(orderId)))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
  })

  test('may have 1,000 lines', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => ({
      number: index + 1,
      sku: 'MUG',
      name: 'A "mug", {big}',
      quantity: 1,
    }))
    const { id } = await scheduled(randomUUID(), lines)
    ;(await dispatch(id)).expect(200)
    const whole = await read(id)
    expect(whole.lines).toEqual(lines)
    expect(whole.parcels[0].lines).toHaveLength(1_000)
  })

  describe('in several parcels', () => {
    const parcel = (...lines: [number, number][]) => ({
      lines: lines.map(([number, quantity]) => ({ number, quantity })),
    })

    test('has its lines where the warehouse put them', async () => {
      const { id } = await scheduled()
      ;(await dispatch(id, { parcels: [parcel([1, 2], [2, 1]), parcel([1, 1])] })).expect(200)
      expect((await read(id)).parcels).toEqual([
        { number: 1, ...parcel([1, 2], [2, 1]) },
        { number: 2, ...parcel([1, 1]) },
      ])
    })

    test('is not dispatched with less, more or other than was ordered', async () => {
      const { id } = await scheduled()
      const answer = await dispatch(id, { parcels: [parcel([1, 2]), parcel([1, 2], [7, 1])] })
      expect(answer.expect(422)).toMatchObject({
        code: 'PARCELS_WRONG',
        details: {
          lines: [
            { number: 1, quantity: 3, packed: 4 },
            { number: 2, quantity: 1, packed: 0 },
            { number: 7, quantity: 0, packed: 1 },
          ],
        },
      })
      expect(await read(id)).toMatchObject({ status: 'ready', parcels: [] })
    })
  })

  describe('that is recalled', () => {
    test('can not be dispatched, and scheduling it again does not revive it', async () => {
      const { id, orderId } = await scheduled()
      const { recalledAt } = await inside().recallShipment({ orderId })
      expect(await inside().recallShipment({ orderId })).toEqual({ recalledAt })
      expect(await scheduled(orderId)).toEqual({ id, orderId })
      expect(await read(id)).toMatchObject({ status: 'recalled', recalledAt })
      expect((await dispatch(id)).expect(409)).toMatchObject({
        code: 'WRONG_STATUS',
        details: { status: 'recalled' },
      })
    })

    test('is ready again when it is reinstated, and only then', async () => {
      const { id, orderId } = await scheduled()
      expect(await inside().reinstateShipment({ orderId })).toEqual({ reinstated: false })
      await inside().recallShipment({ orderId })
      expect(await inside().reinstateShipment({ orderId })).toEqual({ reinstated: true })
      expect(await read(id)).toMatchObject({ status: 'ready', recalledAt: null })
      ;(await dispatch(id)).expect(200)
      expect(await inside().reinstateShipment({ orderId })).toEqual({ reinstated: false })
    })

    test('must not have left', async () => {
      const { id, orderId } = await scheduled()
      ;(await dispatch(id)).expect(200)
      const refusal = await inside().try.recallShipment({ orderId })
      expect(refusal).toMatchObject({ ok: false, error: { code: 'ALREADY_DISPATCHED' } })
      expect(await inside().try.recallShipment({ orderId: randomUUID() })).toMatchObject({
        error: { code: 'SHIPMENT_NOT_FOUND' },
      })
    })
  })

  test(`dispatch against recall, ${ROUNDS} times: exactly one wins, and its event alone is told`, async () => {
    const principal = { id: randomUUID(), roles: ['warehouse'], scopes: [] }
    const atTheDoor = () => shop.application.client(shipping, { principal, idempotencyKey: randomUUID() })
    const race = async (round: number) => {
      const { id, orderId } = await scheduled()
      const contestants = [
        async () => (await atTheDoor().try.dispatch({ id })).ok && 'shipmentDispatched',
        async () => (await inside().try.recallShipment({ orderId })).ok && 'shipmentRecalled',
      ]
      const turned = round % 2 === 0 ? contestants : contestants.toReversed()
      const winners = await Promise.all(turned.map((contestant) => contestant()))
      return [orderId, ['shipmentScheduled', ...winners.filter((winner) => winner !== false)].join()] as const
    }
    const rounds = []
    // Some at a time: on a busy machine a thousand would wait for connections longer than a call may take.
    for (let round = 0; round < ROUNDS; round += AT_ONCE)
      rounds.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => race(round + index)))))
    const told = await eventsOf(rounds.map(([orderId]) => orderId))
    for (const [orderId, winner] of rounds) expect(told.get(orderId)).toBe(winner)
    expect(new Set(told.values())).toEqual(
      new Set(['shipmentScheduled,shipmentDispatched', 'shipmentScheduled,shipmentRecalled']),
    )
  })

  test('is no business of other customers, and only the warehouse moves it', async () => {
    const { id, orderId } = await scheduled()
    const [other, support] = [await shop.customer(), await shop.staff('support')]
    ;(await other.get(`/orders/${orderId}/shipment`)).expect(404)
    ;(await support.get(`/orders/${orderId}/shipment`)).expect(200)
    for (const person of [customer, support]) {
      ;(await person.post(`/shipments/${id}/dispatch`, {})).expect(403)
      ;(await person.post(`/shipments/${id}/delivery`, {})).expect(403)
    }
    ;(await customer.get(`/shipments/${id}`)).expect(403)
    ;(await customer.get('/shipments')).expect(403)
  })

  test('is listed by status, the longest waiting first, page by page', async () => {
    const { id } = await scheduled()
    await inside().recallShipment({ orderId: (await scheduled()).orderId })
    const seen: string[] = []
    let cursor = ''
    do {
      const page = (await warehouse.get(`/shipments?status=ready&limit=7${cursor}`)).expect(200)
      for (const item of page.items) expect(item).toMatchObject({ status: 'ready' })
      seen.push(...page.items.map((item: { id: string }) => item.id))
      cursor = page.next === null ? '' : `&cursor=${page.next}`
    } while (cursor !== '')
    expect(seen).toEqual(seen.toSorted())
    expect(seen).toContain(id)
    expect(new Set(seen).size).toBe(seen.length)
  })

  test('must be dispatched before it arrives', async () => {
    const { id } = await scheduled()
    const answer = await warehouse.post(`/shipments/${id}/delivery`, {})
    expect(answer.expect(409)).toMatchObject({ code: 'WRONG_STATUS', details: { status: 'ready' } })
    ;(await dispatch(randomUUID())).expect(404)
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})

/** The ninth digit of a number as the postal union's S10 makes it. */
function checkDigitOf(trackingNumber: string): number {
  const digits = /^CP(\d{8})\dGB$/.exec(trackingNumber)?.[1] ?? ''
  const sum = [8, 6, 4, 2, 3, 5, 9, 7].reduce(
    (total, weight, place) => total + weight * Number(digits[place]),
    0,
  )
  const rest = 11 - (sum % 11)
  return rest === 10 ? 0 : rest === 11 ? 5 : rest
}
