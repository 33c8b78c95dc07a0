import { contract, page, query, roles } from 'archipel'
import { z } from 'zod'
import { Money, Sku } from '../shared.ts'

const { currency } = Money.shape
/** A sum of many amounts in minor units: beyond the largest of one, and below zero where more was given back. */
const Sum = z.object({ amount: z.int(), currency })
const Day = z.iso.date()

/**
 * Revenue of orders that were paid. What was given back counts on its own day: refunds and returns when they were
 * paid, credit notes when they were issued. net = gross - refunded - credited.
 */
export const Figures = z.object({
  orders: z.int(),
  lines: z.int(),
  units: z.int(),
  gross: Sum,
  refunds: z.int(),
  refunded: Sum,
  creditNotes: z.int(),
  credited: Sum,
  unitsReturned: z.int(),
  net: Sum,
})
const RevenueOfDay = Figures.extend({ day: Day })
/** Null: orders of before countries were kept. */
const RevenueOfCountry = Figures.extend({ country: z.string().nullable() })
/** Here `orders`, `refunds` and `creditNotes` are those in which the product stands. */
const RevenueOfProduct = Figures.extend({ sku: Sku, name: z.string() })

const Sort = z.enum(['net', 'units'])
/** The number by which the last one was ranked, and its name. */
const RankCursor = z.string().regex(/^-?\d{1,16}~[^\u0000-\u001f]*$/)

const access = roles('operator')
const filters = { currency: currency.default('GBP') }

export const reports = contract('reports', {
  version: '1.0.0',
  operations: {
    getTotals: query({
      summary: 'All revenue in one row',
      http: { route: 'GET /reports/totals' },
      access,
      input: z.object({ ...filters, from: Day.optional(), to: Day.optional() }),
      output: Figures,
    }),
    listDays: query({
      summary: 'Revenue by the day (UTC) on which orders were placed, from the first on',
      http: { route: 'GET /reports/revenue/days' },
      access,
      ...page(RevenueOfDay, { ...filters, from: Day.optional(), to: Day.optional() }, { cursor: Day }),
    }),
    listCountries: query({
      summary:
        'Revenue by country, the best first; one whose rank changes between two pages may be missed or come twice',
      http: { route: 'GET /reports/revenue/countries' },
      access,
      ...page(RevenueOfCountry, { ...filters, sort: Sort.default('net') }, { cursor: RankCursor }),
    }),
    listProducts: query({
      summary:
        'Products, the best first; one whose rank changes between two pages may be missed or come twice',
      http: { route: 'GET /reports/products' },
      access,
      ...page(RevenueOfProduct, { ...filters, sort: Sort.default('net') }, { cursor: RankCursor }),
    }),
  },
  events: {},
})
