import type { Pool } from 'pg'
import { z } from 'zod'
import type { AcceptedOrder } from './customers.ts'
import { findings, type BooksLine, type Finding } from './finding.ts'
import { moneyBackAddsUp } from './money-back.ts'

/**
 * Compares what the shop promised with what stands in the tables of all services and in the provider's own books.
 * It reads tables only: it knows nothing of how the shop was run, or of which bug was planted.
 */
export async function compareBooks(
  database: Pool,
  accepted: readonly AcceptedOrder[],
  books: readonly BooksLine[],
): Promise<Finding[]> {
  const ids = accepted.map((order) => order.id)
  return [
    await acceptedOrdersExist(database, accepted),
    await oneOrderForEachKey(database, accepted),
    await ordersHaveEnded(database),
    await historiesAreWhole(database),
    await stockAddsUp(database),
    await soldIsWhatWasOrdered(database),
    await moneyAddsUp(database, books),
    oneCapture(books),
    ...(await moneyBackAddsUp(database, books)),
    ...(await eventsWereHandled(database)),
    await eventsOfOrders(database, ids),
  ]
}

async function count(database: Pool, sql: string): Promise<number> {
  const { rows } = await database.query(`select count(*)::int as n from (${sql}) as c`)
  return z.object({ n: z.int() }).parse(rows[0]).n
}

async function acceptedOrdersExist(database: Pool, accepted: readonly AcceptedOrder[]): Promise<Finding> {
  const wrong = await findings(
    database,
    `select a.id || ' was accepted and is gone' as text from unnest($1::uuid[]) as a (id)
      where not exists (select from orders.orders o where o.id = a.id)`,
    [accepted.map((order) => order.id)],
  )
  return { what: 'accepted orders are there', checked: accepted.length, wrong, sort: 'lost' }
}

async function oneOrderForEachKey(database: Pool, accepted: readonly AcceptedOrder[]): Promise<Finding> {
  const idsOfKey = new Map<string, Set<string>>()
  for (const { id, key } of accepted) idsOfKey.set(key, (idsOfKey.get(key) ?? new Set()).add(id))
  const answeredTwice = [...idsOfKey]
    .filter(([, ids]) => ids.size > 1)
    .map(([key, ids]) => `${key} became ${[...ids].join(' and ')}`)
  const extra = await findings(
    database,
    `select o.id || ' is an order that nobody was told of' as text from orders.orders o where o.id <> all ($1::uuid[])`,
    [accepted.map((order) => order.id)],
  )
  return {
    what: 'one order for each key',
    checked: idsOfKey.size,
    wrong: [...answeredTwice, ...extra],
    sort: 'doubled',
  }
}

async function ordersHaveEnded(database: Pool): Promise<Finding> {
  const wrong = await findings(
    database,
    `select id || ' is still ' || status as text from orders.orders where status not in ('completed', 'rejected')`,
  )
  return {
    what: 'every order has ended',
    checked: await count(database, 'select from orders.orders'),
    wrong,
    sort: 'lost',
  }
}

async function historiesAreWhole(database: Pool): Promise<Finding> {
  const wrong = await findings(
    database,
    `select h.order_id || ': ' || string_agg(h.status, ' ' order by h.number) as text
      from orders.order_history h group by h.order_id
      having string_agg(h.status, ' ' order by h.number) !~ '^placed( reserved( authorised( paid completed)?)?)?( rejected)?$'
        or min(h.number) <> 1 or max(h.number) <> count(*)`,
  )
  return {
    what: 'histories are whole and in order',
    checked: await count(database, 'select from orders.orders'),
    wrong,
    sort: 'unbalanced',
  }
}

async function stockAddsUp(database: Pool): Promise<Finding> {
  const wrong = await findings(
    database,
    `select s.sku || ': received ' || s.received || ', corrections ' || s.corrections || ', available ' || s.available || ', reserved ' || s.reserved
        || ', sold ' || s.sold || ', written off ' || s.written_off || ', moved in and out ' || coalesce(m.quantity, 0) as text
      from inventory.stock s left join (select sku, sum(quantity) as quantity from inventory.movements group by sku) m using (sku)
      where s.received + s.corrections <> s.available + s.reserved + s.sold + s.written_off
        or s.available + s.reserved <> coalesce(m.quantity, 0) or s.reserved <> 0 or s.available < 0`,
  )
  return {
    what: 'stock adds up, nothing stays reserved',
    checked: await count(database, 'select from inventory.stock'),
    wrong,
    sort: 'unbalanced',
  }
}

async function soldIsWhatWasOrdered(database: Pool): Promise<Finding> {
  const wrong = await findings(
    database,
    `select sku || ': sold ' || coalesce(s.sold, 0) || ', in completed orders ' || coalesce(o.quantity, 0) as text
      from inventory.stock s full join (
        select l.sku, sum(l.quantity) as quantity from orders.order_lines l join orders.orders o on o.id = l.order_id
          where o.status = 'completed' group by l.sku) o using (sku)
      where coalesce(s.sold, 0) <> coalesce(o.quantity, 0)`,
  )
  return {
    what: 'sold is what completed orders have',
    checked: await count(database, 'select from inventory.stock'),
    wrong,
    sort: 'unbalanced',
  }
}

async function moneyAddsUp(database: Pool, books: readonly BooksLine[]): Promise<Finding> {
  const wrong = await findings(
    database,
    `select coalesce(o.id::text, m.reference) || ' (' || coalesce(o.status, 'no order') || ', total ' || coalesce(o.total_amount, 0)
        || '): the provider took ' || coalesce(m.captured, 0) || ' and holds ' || coalesce(m.held, 0) as text
      from orders.orders o
        full join json_to_recordset($1) as m (reference text, captured bigint, held bigint) on m.reference = o.id::text
      where coalesce(m.held, 0) <> 0
        or coalesce(m.captured, 0) <> case when o.status in ('completed', 'dispatched', 'delivered', 'refunded')
          then o.total_amount else 0 end`,
    [JSON.stringify(books)],
  )
  return {
    what: 'the provider took the money of completed orders',
    checked: books.length,
    wrong,
    sort: 'unbalanced',
  }
}

function oneCapture(books: readonly BooksLine[]): Finding {
  const wrong = books
    .filter((line) => line.captures > 1)
    .map((line) => `${line.reference} was captured ${line.captures} times`)
  return { what: 'at most one capture for each order', checked: books.length, wrong, sort: 'doubled' }
}

/** The audit service writes a row for each event that it handles, with nothing to stop a second one. */
async function eventsWereHandled(database: Pool): Promise<Finding[]> {
  const events = `select (l.event ->> 'id')::uuid as event_id, l.type from archipel_bus.log l where l.type = any (select distinct unnest(types) from archipel_bus.subscriptions where service = 'audit')`
  const checked = await count(database, events)
  const lost = await findings(
    database,
    `select e.type || ' ' || e.event_id || ' was never handled' as text from (${events}) e
      where not exists (select from audit.handled h where h.event_id = e.event_id)`,
  )
  const doubled = await findings(
    database,
    `select h.type || ' ' || h.event_id || ' was handled ' || count(*) || ' times' as text from audit.handled h
      group by h.type, h.event_id having count(*) > 1`,
  )
  return [
    { what: 'every event was handled', checked, wrong: lost, sort: 'lost' },
    { what: 'no event was handled twice', checked, wrong: doubled, sort: 'doubled' },
  ]
}

/** State and event are one transaction: an order has exactly the events that its status says. */
async function eventsOfOrders(database: Pool, ids: readonly string[]): Promise<Finding> {
  const wrong = await findings(
    database,
    `select o.id || ' is ' || o.status || ' and has the events: ' || coalesce(string_agg(l.type, ', ' order by l.position), 'none') as text
      from orders.orders o left join archipel_bus.log l on l.publisher = 'orders' and l.key = o.id::text
      group by o.id, o.status
      having count(*) filter (where l.type = 'orders.orderPlaced.v1') <> 1
        or count(*) filter (where l.type = 'orders.orderCompleted.v1') <> (o.status = 'completed')::int
        or count(*) filter (where l.type = 'orders.orderRejected.v1') <> (o.status = 'rejected')::int`,
  )
  return { what: 'orders and their events agree', checked: ids.length, wrong, sort: 'lost' }
}
