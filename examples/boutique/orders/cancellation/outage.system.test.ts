import { createSkippableTime, eventually } from 'archipel/testing'
import { expect, test } from 'vitest'
import { startShop } from '../../testing.ts'

test('that shipping is away for long is no reason to refuse: the order is called off once it is back', async () => {
  const time = createSkippableTime()
  let [away, asked] = [true, 0]
  await using shop = await startShop({
    time,
    telemetry: { logLevel: 'silent' },
    transport: (local) => ({
      ...local,
      async call(request, bounds) {
        if (request.operation === 'recallShipment') asked++
        if (request.operation === 'recallShipment' && away) throw new Error('shipping is away')
        return local.call(request, bounds)
      },
    }),
  })
  const customer = await shop.customer()
  const { id } = await shop.order(customer, [{ sku: await shop.product(), quantity: 1 }])
  ;(await customer.post(`/orders/${id}/cancellation`, {})).expect(202)
  const cancellation = async () => (await customer.get(`/orders/${id}/cancellation`)).expect(200)
  for (let minutes = 1; minutes <= 30; minutes++) {
    const before = asked
    time.skip(60_000)
    await eventually(() => asked > before)
  }
  expect(await cancellation()).toMatchObject({ status: 'requested' })
  away = false
  await eventually(async () => {
    time.skip(60_000)
    return (await cancellation()).status !== 'requested'
  })
  expect(await cancellation()).toMatchObject({ status: 'refunded', reason: null })
})
