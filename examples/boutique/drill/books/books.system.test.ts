import { eventually } from 'archipel/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { startShop, type TestShop } from '../../testing.ts'
import { auditService } from '../audit-service.ts'
import { compareBooks } from '../books.ts'
import type { WholeDatabase } from '../finding.ts'
import type { Letter } from '../mailbox-books.ts'
import type { Accepted } from '../promises.ts'
import { readProviderBooks } from '../provider-books.ts'
import { mailAgrees } from './notifications.ts'

/** Something wrong that a shop might do, as it would stand in its tables, and the comparison that must find it. */
const WRONGS: readonly (readonly [what: string, sql: string, found: RegExp])[] = [
  ['an order is lost', `delete from orders.orders where status = 'rejected'`, /order that was accepted/],
  [
    'an order is there twice',
    `insert into orders.orders (id, customer_id, status, total_amount, total_currency, placed_at)
      select gen_random_uuid(), customer_id, status, total_amount, total_currency, placed_at from orders.orders where status = 'rejected'`,
    /one order for each key/,
  ],
  [
    'an order stands still',
    `update orders.orders set status = 'paid' where status = 'completed'`,
    /at an end/,
  ],
  [
    'a history has a hole',
    `delete from orders.order_history where status = 'authorised'`,
    /histories are whole/,
  ],
  [
    'a cancellation has no answer',
    `update orders.cancellations set status = 'requested', answered_at = null`,
    /cancellation is answered/,
  ],
  [
    'a cancellation says what did not happen',
    `update orders.cancellations set status = 'cancelled'`,
    /cancellation is answered/,
  ],
  [
    'goods come back and stay in no shelf',
    `delete from inventory.take_backs`,
    /approved returns are paid and taken back/,
  ],
  ['more comes back than was bought', `update orders.return_lines set quantity = 9`, /never more comes back/],
  [
    'an order that was called off left the house',
    `update shipping.shipments set dispatched_at = now() where status = 'recalled'`,
    /nothing left the house/,
  ],
  [
    'an order that was called off is sent',
    `update shipping.shipments set status = 'ready', recalled_at = null where status = 'recalled'`,
    /one shipment for each paid order/,
  ],
  [
    'goods that were called off stay sold',
    `update inventory.shelves set available = available - 1, taken = taken + 1`,
    /sold is what orders sold/,
  ],
  ['a movement is forgotten', `delete from inventory.movements where kind = 'writeOff'`, /stock adds up/],
  ['goods stay reserved', `update inventory.reservations set status = 'held'`, /nothing stays reserved/],
  [
    'a penny more is asked for',
    `update orders.orders set total_amount = total_amount + 1 where status = 'delivered'`,
    /the provider moved/,
  ],
  [
    'a return is paid twice by our books',
    `update payments.refunds set amount = amount * 2`,
    /refunds are what the provider gave back/,
  ],
  [
    'a day has a penny more',
    `update reports.revenue set amount = amount + 1 where dimension = 'day'`,
    /reports/,
  ],
  ['a refund is not reported', `delete from reports.revenue where kind = 'refund'`, /reports/],
  [
    'nobody is told of a refund',
    `delete from notifications.notifications where kind = 'orderRefunded'`,
    /customers are told/,
  ],
  [
    'a letter is nowhere',
    `update notifications.notifications set status = 'queued' where kind = 'orderPaid'`,
    /each letter is sent/,
  ],
  [
    'an event was handled twice',
    `insert into audit.handled select * from audit.handled limit 1`,
    /handled twice/,
  ],
  [
    'an event was never handled',
    `delete from audit.handled where type like 'shipping.%'`,
    /every event was handled/,
  ],
  [
    'an event was never written',
    `delete from archipel_bus.log where type = 'orders.returnRefunded.v1'`,
    /events are what states say/,
  ],
]

/** An order of each end, a return in two parts, and a credit note. @returns what was accepted. */
async function live(shop: TestShop): Promise<Accepted[]> {
  const [customer, support, sku] = [await shop.customer(), await shop.staff('support'), await shop.product()]
  const lines = [
    { sku, quantity: 3 },
    { sku, quantity: 2 },
  ]
  const order = (token?: string) => shop.order(customer, lines, token)
  const [waiting, refused, calledOff, sent] = [
    await order(),
    await order('tok_declined'),
    await order(),
    await order(),
  ]
  ;(await customer.post(`/orders/${calledOff.id}/cancellation`, {})).expect(202)
  await shop.ship(sent.id)
  await eventually(async () => (await customer.get(`/orders/${sent.id}`)).body.status === 'delivered')
  const back = [
    { number: 1, quantity: 2 },
    { number: 2, quantity: 1 },
  ]
  const { id } = (await customer.post(`/orders/${sent.id}/returns`, { lines: back })).expect(201)
  const decided = [
    { number: 1, disposition: 'restock' },
    { number: 2, disposition: 'writeOff' },
  ]
  ;(await support.post(`/returns/${id}/approval`, { lines: decided })).expect(202)
  const note = { sku, name: 'A mug', quantity: 1, price: { amount: 300, currency: 'GBP' } }
  const credit = { customerId: customer.id, country: 'France', lines: [note], reason: 'Broken' }
  ;(await support.post('/credit-notes', { ...credit, payment: { token: 'tok_ok' } })).expect(202)
  return [waiting, refused, calledOff, sent].map((placed) => ({ id: placed.id, key: placed.id }))
}

test('the books of an honest shop agree, and each wrong is found', async () => {
  await using shop = await startShop({
    extended: (boutique) => ({ ...boutique, services: [...boutique.services, auditService] }),
  })
  const accepted = await live(shop)
  const database = {
    query: async (text: string, values: unknown[]) => ({ rows: await shop.application.query(text, values) }),
  }
  const wrong = async () => {
    const findings = await compareBooks(database, accepted, await readProviderBooks(shop.providerUrl))
    return findings
      .filter((finding) => finding.wrong.length > 0)
      .map(({ what, wrong }) => `${what}: ${wrong[0]}`)
  }
  await eventually(async () => (await wrong()).length === 0, 20_000).catch(async () =>
    expect(await wrong()).toEqual([]),
  )
  for (const [what, sql, found] of WRONGS) {
    await shop.application.query('begin')
    // Wrongs that the tables themselves would refuse are tried as well.
    await shop.application.query('set local session_replication_role = replica')
    await shop.application.query(sql)
    expect(await wrong(), what).toContainEqual(expect.stringMatching(found))
    await shop.application.query('rollback')
  }
  expect(await wrong()).toEqual([])
  await expectMailIsCompared(database)
})

/** The mailbox by what was sent, spoiled in each way that it can be. */
async function expectMailIsCompared(database: WholeDatabase): Promise<void> {
  const sent = `select message_id as "messageId", kind as subject, order_id as "orderId" from notifications.notifications where status = 'sent'`
  const letters = z
    .array(z.object({ messageId: z.string(), subject: z.string(), orderId: z.string() }))
    .parse((await database.query(sent, [])).rows)
  const [first, ...others] = letters
  if (!first) throw new Error('no letter was sent')
  const wrongs = async (mailbox: readonly Letter[]) =>
    (await mailAgrees(database, mailbox)).map(({ wrong }) => wrong.length)
  expect(await wrongs(letters)).toEqual([0, 0])
  expect(await wrongs([...letters, first]), 'one came twice').toEqual([2, 0])
  expect(await wrongs([...letters, { ...first, messageId: 'another' }]), 'one was sent anew').toEqual([1, 1])
  expect(await wrongs(others), 'one never came').toEqual([0, 1])
}
