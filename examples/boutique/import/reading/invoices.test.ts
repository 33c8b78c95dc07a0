import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { Booked, Rejected } from './invoices.ts'
import { FORTY_INVOICES, HEADER, readAll, temporaryFile } from './testing.ts'

const { survey, invoices, books } = await readAll(FORTY_INVOICES)

function booked(number: string): Booked {
  const found = invoices.find((invoice) => invoice.number === number)
  if (!found || found.kind === 'rejected') throw new Error(`${number} is not booked`)
  return found
}

function reasonsOf(number: string): string[] {
  const found = invoices.find(
    (invoice): invoice is Rejected => invoice.number === number && 'reasons' in invoice,
  )
  return (found?.reasons ?? []).map(({ line, reason }) => `${line}: ${reason}`)
}

test('the forty invoices give these books, which were added up by other means', () => {
  expect(books).toEqual({
    invoices: 40,
    orders: { count: 22, lines: 95, units: 3_362, total: 665_398 },
    creditNotes: { count: 6, lines: 9, units: 27, total: 132_952 },
    rejected: 12,
    net: 532_446,
  })
})

test('lines stay as they are, several of one SKU at several prices too', () => {
  expect(booked('700003').lines).toEqual([
    { sku: '10004', description: 'Tea caddy, "Harbour" series', quantity: 2, pence: 425 },
    { sku: '10004', description: 'Tea caddy, "Harbour" series', quantity: 1, pence: 425 },
    { sku: '10004', description: 'Tea caddy, "Harbour" series', quantity: 10, pence: 375 },
    { sku: 'POST', description: 'POSTAGE', quantity: 3, pence: 1_800 },
  ])
})

test('a number that begins with C is a credit note of what was taken back', () => {
  const note = booked('C700019')
  expect(note).toMatchObject({ kind: 'creditNote', customer: '101', total: 7_005 })
  expect(note.lines.map(({ quantity }) => quantity)).toEqual([1, 8, 1, 1])
})

test('one bad line rejects the whole invoice, with all reasons and their lines', () => {
  expect(reasonsOf('700012')).toEqual([
    '23: Quantity 0 is not above 0',
    '24: Quantity -1 is not above 0',
    '24: UnitPrice 0.0 is not above 0',
    '25: UnitPrice -5.00 is not above 0',
  ])
})

test.each([
  ['700017', 'UnitPrice 0.001 is no whole number of pence'],
  ['C700020', 'Quantity 1 of a credit note is not below 0'],
  ['700025', 'it names no country'],
  ['700026', 'its lines name several customers'],
  ['700027', 'StockCode "?sort out" can be no SKU'],
  ['700028', 'Quantity 100001 is beyond what an order can have'],
  ['A700030', 'UnitPrice -11062.06 is not above 0'],
])('%s is rejected: %s', (number, reason) => {
  expect(reasonsOf(number).map((text) => text.replace(/^\d+: /, ''))).toEqual([reason])
})

test('an invoice whose lines lie apart is one, placed when its first line says', () => {
  expect(booked('700013')).toMatchObject({
    at: '2011-03-01T23:59:59.000Z',
    lines: [{ sku: '10010' }, { sku: '10011' }],
  })
})

test('customers are the same with and without decimals; without a number it is a guest', () => {
  expect([booked('700001').customer, booked('700002').customer, booked('700005').customer]).toEqual([
    '101',
    '101',
    null,
  ])
})

test('prices are read by their digits', () => {
  expect(booked('700016').lines.map(({ pence }) => pence)).toEqual([300, 1_850, 995])
})

test('a product has its first description, on one line, and its first price above 0', () => {
  expect(survey.products.get('10009B')).toEqual({
    sku: '10009B',
    name: 'FELT HEN',
    pence: 165,
    stocked: true,
  })
  expect(survey.products.get('10008')).toMatchObject({ name: 'damaged', pence: 85 })
  expect(survey.products.get('10091')).toMatchObject({ name: '10091', pence: 200 })
  expect(survey.products.get('10005')?.name).toBe('WALL SIGN "MIND THE GULLS"')
  expect(survey.withoutPrice).toEqual(['10090', '?sort out', 'B'])
})

test('SKUs that differ by case are two products', () => {
  expect(survey.products.get('10003A')?.name).toBe('SET OF 3 HOOKS')
  expect(survey.products.get('10003a')?.name).toBe('set of 3 hooks, small')
})

test('goods begin with a digit, DCGS or gift; nothing else has stock', () => {
  const without = [...survey.products.values()].filter(({ stocked }) => !stocked).map(({ sku }) => sku)
  expect(without).toEqual(['POST', 'M', 'D', 'm', 'SHIPPING FEE', 'S'])
})

test('newlines of another kind, another order of columns and further ones change nothing', async () => {
  const text = await readFile(FORTY_INVOICES, 'utf8')
  await using crlf = await temporaryFile(text.replaceAll('\n', '\r\n'))
  expect((await readAll(crlf.path)).books).toEqual(books)
  const lines = '700001,10001,BLUE TEA POT,6,2011-03-01 08:26:00,2.55,101,France\n'.repeat(2)
  const turned = ['Country;Note;UnitPrice;CustomerID;Quantity;InvoiceDate;Description;StockCode;InvoiceNo']
    .concat(Array(2).fill('France;none;2.55;101;6;2011-03-01T08:26;BLUE TEA POT;10001;700001'))
    .map((line) => line.replaceAll(';', ','))
  await using plain = await temporaryFile(`${HEADER}\n${lines}`)
  await using other = await temporaryFile(turned.join('\n'))
  expect((await readAll(other.path)).invoices).toEqual((await readAll(plain.path)).invoices)
})

test('1,000 lines are an order, one more is not', async () => {
  const lines = (number: string, count: number) =>
    `${number},10001,POT,1,2011-03-01 08:26:00,1.00,,France\n`.repeat(count)
  await using file = await temporaryFile(`${HEADER}\n${lines('1', 1_000)}${lines('2', 1_001)}`)
  const read = await readAll(file.path)
  expect(read.books).toMatchObject({ orders: { count: 1, lines: 1_000 }, rejected: 1 })
})
