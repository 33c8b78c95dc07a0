import { service, type HandledEvent } from 'archipel'
import { credits } from '../credits/contract.ts'
import { orders } from '../orders/contract.ts'
import { book, type Booking } from './bookings.ts'
import { reports } from './contract.ts'
import { daysAfter, ranking, totals } from './figures.ts'

/**
 * Revenue as the operator reads it, booked from events; the inbox lets each count once. The log is the truth: to
 * book it anew, add a migration that empties `revenue` and give the subscriptions new names, which begin at the start.
 * A subscription handles its events one after the other in one host, and each has rows of its own, so no booking
 * waits for another, however many fall on one day.
 */
export const reportsService = service(reports, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
})
  .operation('getTotals', (range, { db }) => totals(db, range))
  .operation('listDays', async (request, { db }) => {
    const rows = await daysAfter(db, request)
    const items = rows.slice(0, request.limit).map(({ member, ...figures }) => ({ day: member, ...figures }))
    return { items, next: rows.length > request.limit ? (items.at(-1)?.day ?? null) : null }
  })
  .operation('listCountries', async (request, { db }) => {
    const { rows, next } = await ranking(db, 'country', request)
    return { items: rows.map(({ member, ...figures }) => ({ country: member || null, ...figures })), next }
  })
  .operation('listProducts', async (request, { db }) => {
    const { rows, next } = await ranking(db, 'product', request)
    return {
      items: rows.map(({ member, label, ...figures }) => ({ sku: member, name: label, ...figures })),
      next,
    }
  })
  .onPage(
    [orders.events.orderCompleted, orders.events.orderRefunded, orders.events.returnRefunded],
    { name: 'book-orders', from: 'start' },
    (events, { db }) => book(db, events.map(bookingOf)),
  )
  .onPage(credits.events.creditNoteSettled, { name: 'book-credits', from: 'start' }, (events, { db }) =>
    book(
      db,
      events.map(({ data }) => ({ kind: 'credit', ...data, at: data.issuedAt })),
    ),
  )

type Booked = (typeof orders.events)['orderCompleted' | 'orderRefunded' | 'returnRefunded']

function bookingOf({ type, data }: HandledEvent<Booked>): Booking {
  if ('refund' in data) return { kind: 'refund', ...data, total: data.refund }
  if (type === orders.events.orderRefunded.type) return { kind: 'refund', ...data }
  // Orders of before the day was kept count on the day they were completed.
  return { kind: 'sale', ...data, at: data.placedAt ?? data.at }
}
