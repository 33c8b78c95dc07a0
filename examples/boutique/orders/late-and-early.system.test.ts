import {
  createFaultPoints,
  createSkippableTime,
  eventually,
  type FaultPoint,
  type TestApplicationOptions,
} from 'archipel/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startShop, type Person, type TestShop } from '../testing.ts'

type LocalTransport = Parameters<NonNullable<TestApplicationOptions['transport']>>[0]
type CallRequest = Parameters<LocalTransport['call']>[0]

const Books = z.object({ items: z.array(z.object({ held: z.int(), captured: z.int() })) })

const quiet = { telemetry: { logLevel: 'silent' } } as const
/** More than a step before the pivot is waited for. */
const TOO_LONG_MS = 601_000
/** Of real time, on a machine that has much else to do. */
const PATIENCE_MS = 30_000

async function place(customer: Person, sku: string): Promise<string> {
  const order = { lines: [{ sku, quantity: 3 }], payment: { token: 'tok_ok' } }
  return (await customer.post('/orders', order)).expect(202).id
}

async function leavesNothingBehind(shop: TestShop, customer: Person, id: string, sku: string): Promise<void> {
  await shop.application.idle()
  expect((await customer.get(`/orders/${id}`)).body).toMatchObject({
    status: 'rejected',
    rejection: { code: 'OUTCOME_UNKNOWN' },
  })
  expect((await shop.door.get(`/stock/${sku}`)).body).toMatchObject({ available: 10, reserved: 0, sold: 0 })
  const { items } = Books.parse(await (await fetch(`${shop.providerUrl}/books?limit=1000`)).json())
  expect(items.filter(({ held, captured }) => held > 0 || captured > 0)).toEqual([])
}

describe('a reply that is late: compensation has begun', () => {
  test.each<[FaultPoint, string, string]>([
    ['command.before-commit', 'inventory.reserve', 'inventory.release'],
    ['activity.authorise.effect-known', 'payments.authorise', 'payments.voidPayment'],
    ['activity.authorise.settling', 'payments.authorise', 'payments.voidPayment'],
  ])('at %s (%s): what came late is undone', async (point, subject, undo) => {
    const faults = createFaultPoints()
    const time = createSkippableTime()
    const asked: string[] = []
    await using shop = await startShop({
      ...quiet,
      faults,
      time,
      transport: (local) => ({
        ...local,
        call(request, bounds) {
          asked.push(`${request.service}.${request.operation}`)
          return local.call(request, bounds)
        },
      }),
    })
    const customer = await shop.customer()
    const sku = await shop.product({ pieces: 10 })
    const late = faults.pause(point, subject)
    const id = await place(customer, sku)
    await late.reached
    // Skipping only ends waits that have begun: until the undo is asked for, there is always a next one.
    await eventually(() => {
      time.skip(TOO_LONG_MS)
      return asked.includes(undo)
    }, PATIENCE_MS)
    late.release()
    await eventually(async () => {
      time.skip(1_000)
      return (await customer.get(`/orders/${id}`)).body.status === 'rejected'
    }, PATIENCE_MS)
    await leavesNothingBehind(shop, customer, id, sku)
  })
})

describe('an undo that overtakes its forward call', () => {
  test.each([
    ['inventory', 'reserve', 'release'],
    ['payments', 'authorise', 'voidPayment'],
  ])('%s.%s, which comes later, is refused', async (service, operation, undo) => {
    const time = createSkippableTime()
    const underway: CallRequest[] = []
    const undone: CallRequest[] = []
    let local: LocalTransport | undefined
    await using shop = await startShop({
      ...quiet,
      time,
      transport(real) {
        local = real
        return {
          ...real,
          call(request, bounds) {
            if (request.operation === undo) undone.push(request)
            if (request.service !== service || request.operation !== operation)
              return real.call(request, bounds)
            underway.push(request)
            return new Promise((_, reject) =>
              bounds.signal.addEventListener('abort', () => reject(new Error('given up'))),
            )
          },
        }
      },
    })
    const customer = await shop.customer()
    const sku = await shop.product({ pieces: 10 })
    const id = await place(customer, sku)
    await eventually(() => underway.length > 0)
    await eventually(async () => {
      time.skip(TOO_LONG_MS)
      return (await customer.get(`/orders/${id}`)).body.status === 'rejected'
    }, PATIENCE_MS)
    await leavesNothingBehind(shop, customer, id, sku)
    expect(undone).toHaveLength(1)
    expect(underway.length).toBeGreaterThan(0)
    const bounds = () => ({ deadlineAt: time.clock.monotonic() + 5_000, signal: AbortSignal.timeout(5_000) })
    for (const request of underway)
      await expect(local?.call(request, bounds())).rejects.toMatchObject({ code: 'ARC_WITHDRAWN' })
    await leavesNothingBehind(shop, customer, id, sku)
  })
})
