import { createFaultPoints } from 'archipel/testing'
import { expect, test } from 'vitest'
import { startShop } from '../testing.ts'

test('a letter that nobody wants is never begun: no crash can leave it unknown', async () => {
  const faults = createFaultPoints()
  await using shop = await startShop({ faults })
  const customer = await shop.customer()
  const onlyRefunds = { orderReceived: false, orderPaid: false, orderDispatched: false, orderRejected: false }
  ;(await customer.put('/notifications/preferences', { ...onlyRefunds, orderRefunded: true })).expect(200)
  const order = await shop.order(customer, [{ sku: await shop.product(), quantity: 1 }])
  await shop.application.idle()
  const told = async () => (await customer.get('/notifications')).expect(200).items
  const unwanted = { status: 'unwanted', messageId: null, endedAt: expect.any(String) }
  expect(await told()).toMatchObject([unwanted, unwanted])
  expect(faults.count('activity.deliver.intended')).toBe(0)

  ;(await customer.post(`/orders/${order.id}/cancellation`, {})).expect(202)
  await shop.application.idle()
  expect(await told()).toMatchObject([{ kind: 'orderRefunded', status: 'sent' }, unwanted, unwanted])
  expect(faults.count('activity.deliver.intended')).toBe(1)
})
