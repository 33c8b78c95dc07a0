import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { request } from 'undici'
import { expect } from 'vitest'
import { z } from 'zod'
import type { Person, TestShop } from '../testing.ts'
import type { Booked } from './reading/invoices.ts'
import { readAll } from './reading/testing.ts'

const Amount = z.object({ amount: z.int() }).transform(({ amount }) => amount)
const Figures = z.object({
  orders: z.int(),
  units: z.int(),
  gross: Amount,
  refunded: Amount,
  creditNotes: z.int(),
  credited: Amount,
  net: Amount,
})
type Figures = z.infer<typeof Figures>
const Day = Figures.extend({ day: z.string() })
const Country = Figures.extend({ country: z.string() })
const Product = Figures.extend({ sku: z.string() })
const Stock = z.object({
  sku: z.string(),
  received: z.int(),
  available: z.int(),
  reserved: z.int(),
  sold: z.int(),
})
const ProviderLine = z.object({
  captured: z.int(),
  captures: z.int(),
  held: z.int(),
  refunded: z.int(),
  credited: z.int(),
  credits: z.int(),
})
type ProviderLine = z.infer<typeof ProviderLine>
const Page = z.object({ items: z.array(z.unknown()), next: z.string().nullable() })

/** What was brought in is what stands in the shop's reports, on its shelves and in the books of the card processor. */
export async function expectBooksOf(path: string, shop: TestShop): Promise<void> {
  const { invoices, survey, books } = await readAll(path)
  const booked = invoices.filter((invoice) => invoice.kind !== 'rejected')
  await shop.application.idle()
  const operator = await shop.staff('operator')

  const { orders, creditNotes, net } = books
  const totals = Figures.parse((await operator.get('/reports/totals')).expect(200))
  expect(totals).toEqual({
    orders: orders.count,
    units: orders.units,
    gross: orders.total,
    refunded: 0,
    creditNotes: creditNotes.count,
    credited: creditNotes.total,
    net,
  })
  const days = await listed(operator, '/reports/revenue/days', Day)
  expect(byName(days, ({ day }) => day)).toEqual(sums(booked, ({ at }) => [at.slice(0, 10)]))
  const countries = await listed(operator, '/reports/revenue/countries', Country)
  expect(byName(countries, ({ country }) => country)).toEqual(sums(booked, ({ country }) => [country]))
  const products = await listed(operator, '/reports/products', Product)
  expect(byName(products, ({ sku }) => sku)).toEqual(sums(booked, ({ lines }) => lines.map(({ sku }) => sku)))

  const sold = new Map<string, number>()
  for (const { kind, lines } of booked)
    if (kind === 'order')
      for (const { sku, quantity } of lines) sold.set(sku, (sold.get(sku) ?? 0) + quantity)
  const goods = [...survey.products.values()].filter(({ stocked }) => stocked)
  const stock = await listed(operator, '/stock', Stock)
  expect(stock).toEqual(
    goods
      .map(({ sku }) => ({ sku, received: 10_000, reserved: 0, sold: sold.get(sku) ?? 0 }))
      .map((one) => ({ ...one, available: one.received - one.sold }))
      .toSorted((a, b) => (a.sku < b.sku ? -1 : 1)),
  )

  const processor = await providerBooks(shop.providerUrl)
  const sum = (read: (line: ProviderLine) => number) =>
    processor.reduce((total, line) => total + read(line), 0)
  expect({
    taken: sum(({ captured }) => captured),
    captures: sum(({ captures }) => captures),
    held: sum(({ held }) => held),
    refunded: sum(({ refunded }) => refunded),
    credited: sum(({ credited }) => credited),
    credits: sum(({ credits }) => credits),
  }).toEqual({
    taken: orders.total,
    captures: orders.count,
    held: 0,
    refunded: 0,
    credited: creditNotes.total,
    credits: creditNotes.count,
  })
}

function listed<TItem>(person: Person, path: string, item: z.ZodType<TItem>): Promise<TItem[]> {
  return pages(item, async (cursor) => {
    const after = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    return (await person.get(`${path}?limit=100${after}`)).expect(200)
  })
}

function providerBooks(url: string): Promise<ProviderLine[]> {
  return pages(ProviderLine, async (cursor) => {
    const after = cursor === null ? '' : `&after=${encodeURIComponent(cursor)}`
    return (await request(`${url}/books?limit=1000${after}`)).body.json()
  })
}

async function pages<TItem>(
  item: z.ZodType<TItem>,
  ask: (cursor: string | null) => Promise<unknown>,
): Promise<TItem[]> {
  const items: TItem[] = []
  let cursor: string | null = null
  do {
    const page: z.infer<typeof Page> = Page.parse(await ask(cursor))
    items.push(...page.items.map((one) => item.parse(one)))
    cursor = page.next
  } while (cursor !== null)
  return items
}

type Revenue = Pick<Figures, 'units' | 'gross' | 'credited' | 'net'>

function byName<TItem extends Revenue>(
  items: readonly TItem[],
  nameOf: (item: TItem) => string,
): Record<string, Revenue> {
  return Object.fromEntries(
    items.map((item) => {
      const { units, gross, credited, net } = item
      return [nameOf(item), { units, gross, credited, net }]
    }),
  )
}

/** What invoices come to under the name of each of their lines, or of them all. */
function sums(
  invoices: readonly Booked[],
  namesOf: (invoice: Booked) => readonly string[],
): Record<string, Revenue> {
  const found: Record<string, Revenue> = {}
  for (const invoice of invoices) {
    const names = namesOf(invoice)
    invoice.lines.forEach(({ quantity, pence }, index) => {
      const name = names[index] ?? names[0] ?? ''
      const { units, gross, credited, net } = found[name] ?? { units: 0, gross: 0, credited: 0, net: 0 }
      const amount = quantity * pence
      found[name] =
        invoice.kind === 'order'
          ? { units: units + quantity, gross: gross + amount, credited, net: net + amount }
          : { units, gross, credited: credited + amount, net: net - amount }
    })
  }
  return found
}

export interface Importer {
  readonly process: ChildProcess
  /** Its exit code and what it said on standard output. */
  readonly ended: Promise<{ code: number | null; output: string }>
}

/** `npm run import`, without npm. */
export function startImporter(path: string, shop: TestShop, trader: Person, rejectsPath: string): Importer {
  const args = [
    path,
    '--target',
    shop.application.url,
    '--as',
    trader.email,
    '--rejects',
    rejectsPath,
    '--json',
  ]
  const child = spawn(
    process.execPath,
    ['--conditions=archipel-source', join(import.meta.dirname, 'main.ts'), ...args, '--concurrency', '4'],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ARCHIPEL_PASSWORD: trader.password } },
  )
  const output = text(child.stdout)
  const ended = once(child, 'exit').then(async ([code]: (number | null)[]) => ({
    code: code ?? null,
    output: await output,
  }))
  return { process: child, ended }
}
