import { eventually } from 'archipel/testing'
import { expect, test } from 'vitest'
import { startShop, type TestShop } from '../../testing.ts'
import type { Imported } from '../importing.ts'
import type { ExpectedInvoice } from '../trade-file.ts'
import { importsAgree } from './imports.ts'

const INVOICE: ExpectedInvoice = { kind: 'order', number: '536365', lines: 1, units: 2, total: 300 }
const NOTHING = { count: 0, lines: 0, units: 0, total: 0 }

/** A file of one order, and a report that says so. */
function imported(change: Partial<ExpectedInvoice> = {}, agrees = true): Imported {
  const { lines, units, total, ...invoice } = { ...INVOICE, ...change }
  const orders = { count: 1, lines, units, total }
  return {
    path: 'trade.csv',
    invoices: [{ ...invoice, lines, units, total }],
    report: { agrees, file: { orders, creditNotes: NOTHING, rejected: 0 } },
  }
}

async function bringIn(shop: TestShop, token: string, externalReference: string): Promise<void> {
  const [trader, sku] = [await shop.staff('trade'), await shop.product()]
  const person = { externalReference, name: 'A guest', email: `${sku}@trade.example`, country: 'EIRE' }
  const { id: customerId } = (await trader.post('/trade/customers', person)).expect(200)
  const order = { externalReference, customerId, placedAt: '2010-12-01T08:26:00Z', country: 'EIRE' }
  const lines = [{ sku, quantity: 2, price: { amount: 150, currency: 'GBP' } }]
  ;(await trader.post('/trade/orders', { ...order, lines, payment: { token } })).expect(202)
}

test('an invoice that is missing, is there twice, is a penny off or was not taken is found', async () => {
  await using shop = await startShop()
  const database = {
    query: async (text: string, values: unknown[]) => ({ rows: await shop.application.query(text, values) }),
  }
  const wrongIn = async (...files: Imported[]) =>
    (await importsAgree(database, files)).map(({ wrong }) => wrong.length)

  await bringIn(shop, 'tok_ok', INVOICE.number)
  await shop.application.idle()
  expect(await wrongIn(imported())).toEqual([0, 0, 0])
  expect(await wrongIn(imported({ total: 301 })), 'a penny off').toEqual([1, 0, 0])
  expect(await wrongIn(), 'one that is in no file').toEqual([1, 0, 0])
  expect(await wrongIn(imported(), imported({ number: '2' })), 'one is missing').toEqual([1, 0, 0])
  expect(await wrongIn(imported({}, false)), 'a report that is wrong').toEqual([0, 0, 1])
  const other = imported()
  const report = { ...other.report, file: { ...other.report.file, rejected: 1 } }
  expect(await wrongIn({ ...other, report }), 'a report of another file').toEqual([0, 0, 1])

  // A second trader brings the same in, and is refused by the card.
  await bringIn(shop, 'tok_declined', INVOICE.number)
  await eventually(async () => {
    const rejected = await shop.application.query(`select from orders.orders where status = 'rejected'`)
    return rejected.length === 1
  })
  expect(await wrongIn(imported({}, false)), 'twice').toEqual([1, 0, 0])
  expect(await wrongIn(imported()), 'and not taken').toEqual([1, 0, 1])
})
