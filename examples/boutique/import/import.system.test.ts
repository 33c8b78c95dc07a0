import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'
import { createProgress } from './progress.ts'
import { FORTY_INVOICES, HEADER } from './reading/testing.ts'
import type { ImportReport } from './report.ts'
import { runImport } from './run-import.ts'
import { expectBooksOf, startImporter } from './testing.ts'

const quiet = createProgress({ write: () => undefined })

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boutique import '))
})
afterAll(() => rm(folder, { recursive: true }))

function importFrom(path: string, shop: TestShop, { email, password }: Person): Promise<ImportReport> {
  const { url: target } = shop.application
  const rejectsPath = join(folder, 'rejects.csv')
  return runImport({ path, target, email, password, rejectsPath, concurrency: 8 }, quiet)
}

describePlacements('the forty invoices', ({ options }) => {
  let shop: TestShop
  let trader: Person
  beforeAll(async () => {
    shop = await startShop(options)
    trader = await shop.staff('trade')
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  test('are in the shop as they are in the file, in its reports, on its shelves, at the card processor', async () => {
    const report = await importFrom(FORTY_INVOICES, shop, trader)
    expect(report).toMatchObject({
      file: { invoices: 40, orders: { count: 22, total: 665_398 }, rejected: 12, net: 532_446, products: 22 },
      shop: {
        orders: [{ status: 'completed', count: 22, total: 665_398 }],
        creditNotes: [{ status: 'settled', count: 6, total: 132_952 }],
        net: 532_446,
      },
      agrees: true,
      hadBefore: 0,
      refused: [],
    })
    await expectBooksOf(FORTY_INVOICES, shop)
  })

  test('an order has the lines of its invoice, placed when the file says', async () => {
    const { items } = (await trader.get('/trade/orders?limit=100')).expect(200)
    const { id } = items.find((order: { externalReference: string }) => order.externalReference === '700003')
    const support = await shop.staff('support')
    expect((await support.get(`/orders/${id}`)).expect(200)).toMatchObject({
      placedAt: '2011-03-01T09:02:00.000Z',
      country: 'France',
      source: 'trade',
      total: { amount: 10_425 },
      lines: [
        { number: 1, sku: '10004', name: 'Tea caddy, "Harbour" series', quantity: 2, price: { amount: 425 } },
        { number: 2, sku: '10004', quantity: 1, price: { amount: 425 }, stocked: true },
        { number: 3, sku: '10004', quantity: 10, price: { amount: 375 } },
        { number: 4, sku: 'POST', quantity: 3, price: { amount: 1_800 }, stocked: false },
      ],
    })
  })

  test('rejected invoices stand in a file of their own, with all reasons', async () => {
    const lines = (await readFile(join(folder, 'rejects.csv'), 'utf8')).trimEnd().split('\n')
    expect(lines).toHaveLength(1 + 16)
    expect(lines).toContain('700012,25,UnitPrice -5.00 is not above 0')
    expect(lines).toContain('700027,50,"StockCode ""?sort out"" can be no SKU"')
    expect(await readdir(folder)).toEqual(['rejects.csv'])
  })

  test('a second run doubles nothing', async () => {
    const report = await importFrom(FORTY_INVOICES, shop, trader)
    expect(report).toMatchObject({ agrees: true, hadBefore: 28, shop: { net: 532_446 } })
    await expectBooksOf(FORTY_INVOICES, shop)
  })
})

describe('an importer', () => {
  let shop: TestShop
  let trader: Person
  beforeAll(async () => {
    shop = await startShop()
    trader = await shop.staff('trade')
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const ordersInShop = async () => (await trader.get('/trade/orders?limit=100')).expect(200).items.length
  const productsInShop = async () => (await trader.get('/products?limit=100')).expect(200).items.length

  test('that is killed again and again continues where it was, and doubles nothing', async () => {
    const rejectsPath = join(folder, 'killed.csv')
    for (const reached of [
      async () => (await productsInShop()) >= 5,
      async () => (await ordersInShop()) >= 1,
      async () => (await ordersInShop()) >= 8,
      async () => (await ordersInShop()) >= 15,
    ]) {
      const importer = startImporter(FORTY_INVOICES, shop, trader, rejectsPath)
      // One that has ended fails below: it said something.
      while (importer.process.exitCode === null && !(await reached()));
      importer.process.kill('SIGKILL')
      expect((await importer.ended).output).toBe('')
    }
    // The kills came before the end of the work, so the last run had something to do.
    expect(await ordersInShop()).toBeLessThan(22)
    const { code, output } = await startImporter(FORTY_INVOICES, shop, trader, rejectsPath).ended
    expect(code).toBe(0)
    expect(JSON.parse(output)).toMatchObject({ agrees: true, shop: { net: 532_446 } })
    await expectBooksOf(FORTY_INVOICES, shop)
  })

  test('of another trader has orders and customers of its own, with the same goods', async () => {
    const report = await importFrom(FORTY_INVOICES, shop, await shop.staff('trade'))
    expect(report).toMatchObject({ agrees: true, hadBefore: 0, shop: { net: 532_446 } })
  })

  test('says what the shop refuses, and goes on', async () => {
    const lines = [
      HEADER,
      // The number was an order of another amount.
      '700001,10001,BLUE TEA POT,6,2011-03-01 08:26:00,2.54,101.0,United Kingdom',
      // Customers, products and their names may be others than in another file.
      '800001,10001,A POT,6,2012-03-01 08:26:00,2.99,101.0,France',
      '800002,10001,A POT,20000,2012-03-01 08:26:00,2.99,101.0,France',
    ]
    const path = join(folder, 'next-year.csv')
    await writeFile(path, lines.join('\n'))
    const report = await importFrom(path, shop, trader)
    expect(report).toMatchObject({
      agrees: false,
      refused: [{ what: 'invoice 700001', code: 'REFERENCE_TAKEN' }],
      shop: {
        orders: [
          { status: 'completed', count: 2 },
          { status: 'rejected', count: 1, total: 20_000 * 299 },
        ],
      },
    })
    expect(await readFile(join(folder, 'rejects.csv'), 'utf8')).toBe(
      'InvoiceNo,Line,Reason\n700001,2,the shop refused it: REFERENCE_TAKEN the shop has a 700001 of another amount\n',
    )
  })

  test('of a broken file changes nothing', async () => {
    const before = await ordersInShop()
    const path = join(folder, 'broken.csv')
    const good = '900001,90001,A POT,6,2011-03-01 08:26:00,2.54,101.0,United Kingdom'
    await writeFile(path, [HEADER, good, good.replace(',6,', ',six,')].join('\n'))
    await expect(importFrom(path, shop, trader)).rejects.toThrow('line 3: Quantity "six" is no whole number')
    expect(await ordersInShop()).toBe(before)
    expect((await shop.door.get('/products/90001')).status).toBe(404)
  })

  test('may be no customer', async () => {
    await expect(importFrom(FORTY_INVOICES, shop, await shop.customer())).rejects.toMatchObject({
      exitCode: 77,
    })
  })
})
