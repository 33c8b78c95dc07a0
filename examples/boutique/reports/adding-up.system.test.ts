import { application } from 'archipel'
import { createFaultPoints, startTestApplication, type TestApplication } from 'archipel/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { credits } from '../credits/contract.ts'
import { orders } from '../orders/contract.ts'
import { newsOf } from '../testing-news.ts'
import { reports, type Figures } from './contract.ts'
import { reportsService } from './service.ts'
import {
  anyDocuments,
  newsOfDocument,
  nothing,
  partsBySku,
  sumsBy,
  type Document,
  type Sums,
} from './testing-documents.ts'

const ordersNews = newsOf(orders)
const creditsNews = newsOf(credits)
const reporting = application('reporting', {
  services: [reportsService, ordersNews.service, creditsNews.service],
})
const principal = { id: 'tests', roles: ['operator'], scopes: [] }

const reader = (host: TestApplication) => host.client(reports, { principal })

async function tell(host: TestApplication, documents: readonly Document[]): Promise<void> {
  const [credited = [], sold = []] = [true, false].map((isCredit) =>
    documents.filter(({ event }) => (event === 'creditNoteSettled') === isCredit).map(newsOfDocument),
  )
  await Promise.all([ordersNews.tell(host, sold), creditsNews.tell(host, credited)])
  await host.idle()
}

test('days, countries and products say what was told, page by page, and add up to the totals', async () => {
  await using host = await startTestApplication(reporting, { doors: false })
  const property = fc.asyncProperty(
    anyDocuments,
    fc.integer({ min: 1, max: 4 }),
    async (documents, limit) => {
      await host.query('truncate reports.revenue')
      await tell(host, documents)
      const days = await all((cursor) => reader(host).listDays({ limit, cursor }))
      expect(days.map((day) => [day.day, sumsOf(day)])).toEqual(
        [...sumsBy(documents, (document) => [[document.day, document.lines]])].toSorted(([a], [b]) =>
          a < b ? -1 : 1,
        ),
      )
      const countries = await all((cursor) => reader(host).listCountries({ limit, cursor }))
      expect(countries.map((country) => [country.country, sumsOf(country)])).toEqual(
        ranked(
          sumsBy(documents, (document) => [[document.country, document.lines]]),
          'net',
        ),
      )
      for (const sort of ['net', 'units'] as const) {
        const products = await all((cursor) => reader(host).listProducts({ limit, cursor, sort }))
        expect(products.map((product) => [product.sku, sumsOf(product)])).toEqual(
          ranked(sumsBy(documents, partsBySku), sort),
        )
        expect(sumOf(products, 'net')).toBe(sumOf(days, 'net'))
        expect(sumOf(products, 'units')).toBe(sumOf(days, 'units'))
      }
      const totals = sumsOf(await reader(host).getTotals({}))
      expect(totals).toEqual(sumsBy(documents, ({ lines }) => [['all', lines]]).get('all'))
      const [from, to] = ['2010-12-02', '2010-12-23']
      const within = documents.filter(({ day }) => day >= from && day <= to)
      expect(sumsOf(await reader(host).getTotals({ from, to }))).toEqual(
        sumsBy(within, ({ lines }) => [['all', lines]]).get('all') ?? nothing(),
      )
    },
  )
  await fc.assert(property, { numRuns: 40 })
}, 120_000)

test('an event that comes again changes nothing', async () => {
  const faults = createFaultPoints()
  await using host = await startTestApplication(reporting, { doors: false, faults })
  // The page is committed, and its owner never learns it: it reads the page again.
  faults.fail('messaging.after-commit', { times: 3 })
  const documents = fc.sample(anyDocuments, { numRuns: 5, seed: 5 }).flat()
  await tell(host, documents)
  expect(faults.count('messaging.after-commit')).toBeGreaterThan(3)
  expect(sumsOf(await reader(host).getTotals({}))).toEqual(
    sumsBy(documents, ({ lines }) => [['all', lines]]).get('all'),
  )
})

test('an order of 1,000 lines of 1,000 products is booked whole', async () => {
  await using host = await startTestApplication(reporting, { doors: false })
  const lines = Array.from({ length: 1_000 }, (_, number) => ({
    sku: `P-${number}`,
    quantity: 2,
    pence: number + 1,
  }))
  await tell(host, [{ event: 'orderCompleted', day: '2010-12-01', country: 'EIRE', lines }])
  expect(await reader(host).getTotals({})).toMatchObject({
    orders: 1,
    lines: 1_000,
    units: 2_000,
    gross: { amount: 1_001_000 },
  })
  const { items, next } = await reader(host).listProducts({ limit: 1 })
  expect(items).toMatchObject([{ sku: 'P-999', net: { amount: 2_000, currency: 'GBP' } }])
  expect(next).toBe('2000~P-999')
})

test('an order of before lines were told counts by its total on the day it was completed', async () => {
  await using host = await startTestApplication(reporting, { doors: false })
  const id = '00000000-0000-4000-8000-000000000001'
  const data = {
    orderId: id,
    customerId: id,
    total: { amount: 75, currency: 'GBP' },
    at: '2026-11-05T01:02:03.000Z',
  }
  await ordersNews.tell(host, [{ event: 'orderCompleted', data }])
  await host.idle()
  const expected = { orders: 1, lines: 0, units: 0, gross: { amount: 75 }, net: { amount: 75 } }
  expect((await reader(host).listDays({})).items).toMatchObject([{ day: '2026-11-05', ...expected }])
  expect((await reader(host).listCountries({})).items).toMatchObject([{ country: null, ...expected }])
  expect((await reader(host).listProducts({})).items).toEqual([])
})

/** Every item of a list, read page by page to its end. */
async function all<TItem>(
  read: (cursor: string | undefined) => Promise<{ items: TItem[]; next: string | null }>,
): Promise<TItem[]> {
  const items: TItem[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    items.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return items
}

function sumsOf(figures: z.infer<typeof Figures>): Sums {
  const { orders, lines, units, refunds, creditNotes, unitsReturned } = figures
  const { gross, refunded, credited, net } = figures
  return {
    orders,
    lines,
    units,
    gross: gross.amount,
    refunds,
    refunded: refunded.amount,
    creditNotes,
    credited: credited.amount,
    unitsReturned,
    net: net.amount,
  }
}

function sumOf(figures: readonly z.infer<typeof Figures>[], field: keyof Sums): number {
  return figures.reduce((sum, one) => sum + sumsOf(one)[field], 0)
}

/** The best first; equal ones in the order of their names' bytes, as the database has them. */
function ranked(sums: ReadonlyMap<string, Sums>, by: 'net' | 'units'): [string, Sums][] {
  return [...sums].toSorted(
    ([a, first], [b, second]) => second[by] - first[by] || Buffer.compare(Buffer.from(a), Buffer.from(b)),
  )
}
