import { cancellationsAreAnswered } from './books/cancellations.ts'
import { eventsAgreeWithState, eventsWereHandled } from './books/events.ts'
import { moneyBackAddsUp } from './books/money-back.ts'
import { moneyAddsUp } from './books/money.ts'
import { notificationsAgree } from './books/notifications.ts'
import { ordersAreAtRest } from './books/orders.ts'
import { promisesAreKept } from './books/promises.ts'
import { reportsAgree } from './books/reports.ts'
import { returnsAddUp } from './books/returns.ts'
import { shipmentsFollowOrders } from './books/shipments.ts'
import { stockAddsUp } from './books/stock.ts'
import type { BooksLine, Finding, WholeDatabase } from './finding.ts'
import type { Accepted } from './promises.ts'

/**
 * Compares what the shop promised with what stands in the tables of all services and in the provider's own books.
 * It reads tables only: it knows nothing of how the shop was run, or of which bug was planted.
 */
export async function compareBooks(
  database: WholeDatabase,
  accepted: readonly Accepted[],
  books: readonly BooksLine[],
): Promise<Finding[]> {
  return [
    ...(await promisesAreKept(database, {
      name: 'order',
      rows: `select id from orders.orders where source = 'shop'`,
      accepted,
    })),
    ...(await ordersAreAtRest(database)),
    ...(await cancellationsAreAnswered(database)),
    ...(await returnsAddUp(database)),
    ...(await shipmentsFollowOrders(database)),
    ...(await stockAddsUp(database)),
    ...(await moneyAddsUp(database, books)),
    ...(await moneyBackAddsUp(database, books)),
    await reportsAgree(database),
    ...(await notificationsAgree(database)),
    ...(await eventsWereHandled(database)),
    await eventsAgreeWithState(database),
  ]
}
