import { contract, service, type Application } from 'archipel'
import { createFaultPoints, eventually } from 'archipel/testing'
import { stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { orders } from './orders/contract.ts'
import { connectTo } from './testing-door.ts'
import { validate } from './testing-openapi.ts'
import { startShop, type Person, type TestShop } from './testing.ts'

const WHO = { who: 'a tester', why: 'to see what happens' }

/** A service with a handler that chokes on the orders in this list. */
const poison = new Set<string>()
const handled: string[] = []
const tasterService = service(contract('taster', { version: '1.0.0', operations: {}, events: {} }), {}).on(
  [orders.events.orderPlaced, orders.events.orderCompleted],
  { name: 'taste', from: 'start', retry: { attempts: 2, first: '1ms', longest: '1ms' } },
  async ({ type, data }) => {
    if (poison.has('all') || poison.has(data.orderId)) throw new Error('this one is poisoned')
    handled.push(`${type} ${data.orderId}`)
  },
)
const withTaster = (boutique: Application): Application => ({
  ...boutique,
  services: [...boutique.services, tasterService],
})

const faults = createFaultPoints()
let shop: TestShop
let customer: Person
let sku: string
beforeAll(async () => {
  shop = await startShop({ faults, extended: withTaster, mayPark: true, telemetry: { logLevel: 'silent' } })
  customer = await shop.customer()
  sku = await shop.product({ pieces: 1_000 })
})
afterAll(() => shop[Symbol.asyncDispose]())

const place = async (ordered = sku): Promise<string> =>
  (
    await customer.post('/orders', { lines: [{ sku: ordered, quantity: 1 }], payment: { token: 'tok_ok' } })
  ).expect(202).id
const statusOf = async (id: string): Promise<string> =>
  (await customer.get(`/orders/${id}`)).expect(200).status
const sagaPath = (id: string) => `/sagas/orders/fulfilOrder/${id}`

describe('the operations door', () => {
  test('opens with its token only, which nobody else can read', async () => {
    const without = connectTo(shop.application.operationsUrl)
    for (const path of [
      '/stuck',
      '/sagas',
      '/dead-letters',
      '/delivery',
      '/metrics',
      '/health',
      '/openapi.json',
    ]) {
      expect((await without.get(path)).status, path).toBe(401)
      expect((await shop.operations.get(path)).status, path).toBe(200)
    }
    expect((await customer.get('/stuck')).status).toBe(404)
    expect((await connectTo(shop.application.operationsUrl, customer.token).get('/stuck')).status).toBe(401)
    expect((await stat(`${shop.application.dataFolder}/operations-token`)).mode & 0o777).toBe(0o600)
    expect((await without.get('/livez')).status).toBe(200)
  })

  test('describes itself in valid OpenAPI', async () => {
    const document: unknown = (await shop.operations.get('/openapi.json')).expect(200)
    expect(await validate(document)).toEqual({ valid: true })
    expect(Object.keys(Reflect.get(Object(document), 'paths'))).toEqual(
      expect.arrayContaining(['/stuck', '/dead-letters', '/delivery']),
    )
  })

  test('gives metrics', async () => {
    await shop.order(customer, [{ sku, quantity: 1 }])
    const { text } = await shop.operations.get('/metrics')
    expect(text).toMatch(/^# TYPE archipel_\w+ (counter|gauge|histogram)$/m)
    expect(text).toMatch(/^process_\w+ /m)
    expect(text).not.toContain(customer.id)
  })
})

describe('a stuck saga', () => {
  /** Stuck for real: the payment is captured, and the order says that it was rejected. */
  async function stuckOrder(): Promise<string> {
    const held = faults.pause('saga.completeOrder.stored')
    const id = await place()
    await held.reached
    await shop.application.query(`update orders.orders set status = 'rejected' where id = $1`, [id])
    held.release()
    await eventually(async () => (await stuck()).includes(id))
    return id
  }
  const stuck = async (): Promise<string[]> =>
    (await shop.operations.get('/stuck')).expect(200).items.map((saga: { id: string }) => saga.id)

  test('is listed with why, and goes on when it is retried after it was mended', async () => {
    const id = await stuckOrder()
    const shown = (await shop.operations.get(sagaPath(id))).expect(200)
    expect(shown).toMatchObject({
      status: 'stuck',
      direction: 'forward',
      saga: 'fulfilOrder',
      service: 'orders',
    })
    expect(JSON.stringify(shown)).toContain('ORDER_REJECTED')
    expect(JSON.stringify(shown)).not.toContain('tok_ok')
    expect((await shop.operations.post(`${sagaPath(id)}/compensate`, WHO)).expect(409).code).toBe(
      'ARC_ACTION_REFUSED',
    )
    await shop.application.query(`update orders.orders set status = 'paid' where id = $1`, [id])
    ;(await shop.operations.post(`${sagaPath(id)}/retry`, WHO)).expect(200)
    await eventually(async () => (await statusOf(id)) === 'completed')
    expect(await stuck()).not.toContain(id)
  })

  test('can be given up, by somebody who says who and why', async () => {
    const id = await stuckOrder()
    for (const nobody of [{}, { who: 'me' }, { who: '', why: '' }]) {
      expect((await shop.operations.post(`${sagaPath(id)}/give-up`, nobody)).status).toBe(400)
    }
    ;(await shop.operations.post(`${sagaPath(id)}/give-up`, WHO)).expect(200)
    const { status, notes } = (await shop.operations.get(sagaPath(id))).expect(200)
    expect(status).toBe('abandoned')
    expect(notes).toMatchObject([{ action: 'give-up', ...WHO }])
    expect(await stuck()).not.toContain(id)
    const records = await shop.application.query(
      `select who, why, operation from archipel.operator_actions where input->>'id' = $1`,
      [id],
    )
    expect(records).toEqual([{ ...WHO, operation: 'giveUpSaga' }])
  })

  test('a saga before its pivot can be cancelled: everything is undone', async () => {
    const own = await shop.product({ pieces: 5 })
    const held = faults.pause('saga.authorisePayment.stored')
    const id = await place(own)
    await held.reached
    ;(await shop.operations.post(`${sagaPath(id)}/cancel`, WHO)).expect(200)
    held.release()
    await eventually(async () => (await statusOf(id)) === 'cancelled')
    expect((await customer.get(`/orders/${id}`)).body.rejection).toBeNull()
    await shop.application.idle()
    expect((await shop.door.get(`/stock/${own}`)).body).toMatchObject({ available: 5, reserved: 0, sold: 0 })
  })

  test('one that is not there is 404', async () => {
    expect((await shop.operations.post(`${sagaPath('nothing')}/retry`, WHO)).status).toBe(404)
    expect((await shop.operations.get('/sagas/nowhere/fulfilOrder/1')).status).toBe(404)
  })
})

describe('a poisoned event', () => {
  interface Letter {
    readonly key: string
    readonly reason: string
    readonly position: number
    readonly type: string
  }
  const letters = async (): Promise<Letter[]> =>
    (await shop.operations.get('/dead-letters?service=taster')).expect(200).items
  const tastedOf = (id: string) =>
    handled.filter((line) => line.endsWith(id)).map((line) => line.split(' ')[0])

  /** Everything is poison until the id of the order is known. */
  async function poisonedOrder(): Promise<string> {
    poison.add('all')
    const id = await place()
    poison.add(id).delete('all')
    await eventually(async () => (await letters()).filter(({ key }) => key === id).length === 2)
    return id
  }

  test('is parked with the later ones of its key, blocks no other, and is replayed once', async () => {
    const id = await poisonedOrder()
    const other = await shop.order(customer, [{ sku, quantity: 1 }])
    await shop.application.idle()
    expect(tastedOf(other.id)).toHaveLength(2)
    expect((await letters()).filter(({ key }) => key === id)).toMatchObject([
      { reason: 'failed' },
      { reason: 'behind' },
    ])
    poison.delete(id)
    ;(await shop.operations.post('/dead-letters/taster/taste/replay', { key: id, ...WHO })).expect(200)
    await eventually(() => tastedOf(id).length === 2)
    await shop.application.idle()
    expect(tastedOf(id)).toEqual([orders.events.orderPlaced.type, orders.events.orderCompleted.type])
    expect(await letters()).toEqual([])
  })

  test('can be discarded, and is counted so', async () => {
    const id = await poisonedOrder()
    const [letter] = await letters()
    expect(letter).not.toHaveProperty('data')
    expect(
      (await shop.operations.post('/dead-letters/taster/taste/discard', { key: id, ...WHO })).expect(200),
    ).toEqual({ discarded: 2 })
    expect(await letters()).toEqual([])
    expect(tastedOf(id)).toEqual([])
  })

  test('the counters of every subscription add up', async () => {
    await shop.application.idle()
    const { items } = (await shop.operations.get('/delivery?recount=true')).expect(200)
    expect(items.length).toBeGreaterThanOrEqual(5)
    for (const {
      service: name,
      subscription,
      written,
      handled: done,
      inFlight,
      parked,
      discarded,
      drift,
    } of items) {
      expect({ name, subscription, drift, inFlight }).toEqual({ name, subscription, drift: 0, inFlight: 0 })
      expect(done + inFlight + parked + discarded).toBe(written)
    }
    const taster = items.find((item: { service: string }) => item.service === 'taster')
    expect(taster).toMatchObject({ discarded: 2, parked: 0 })
    expect(taster.written).toBeGreaterThan(6)
  })
})
