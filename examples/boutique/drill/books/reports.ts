import type { Finding, WholeDatabase } from '../finding.ts'
import { compare } from './compare.ts'

/** Every document that moves revenue, by the tables of those who wrote it. */
const DOCUMENTS = `
  select 'sale' as kind, o.id, o.placed_at as at, o.country, o.total_amount as amount from orders.orders o
    where exists (select from orders.order_history h where h.order_id = o.id and h.status = 'completed')
  union all
  select 'refund', o.id, h.at, o.country, o.total_amount from orders.orders o
    join orders.order_history h on h.order_id = o.id and h.status = 'refunded'
  union all
  select 'refund', r.id, r.refunded_at, o.country, r.refund_amount from orders.returns r
    join orders.orders o on o.id = r.order_id where r.status = 'refunded'
  union all
  select 'credit', n.id, n.issued_at, n.country, n.total_amount from credits.credit_notes n where n.status = 'settled'`
const LINES = `
  select order_id as id, sku, quantity, quantity * price_amount as amount from orders.order_lines
  union all
  select b.return_id, l.sku, b.quantity, b.quantity * l.price_amount from orders.return_lines b
    join orders.order_lines l on l.order_id = b.order_id and l.number = b.number
  union all
  select credit_note_id, sku, quantity, quantity * price_amount from credits.credit_note_lines`
const BOOKED = `
  with documents as (${DOCUMENTS}), lines as (${LINES}),
    whole as (
      select d.*, l.lines, l.units from documents d
        join (select id, count(*) as lines, sum(quantity) as units from lines group by id) l using (id))
  select 'day' as dimension, to_char(at at time zone 'UTC', 'YYYY-MM-DD') as member, kind, count(*) as documents, sum(lines) as lines,
      sum(units) as units, sum(amount) as amount from whole group by 2, kind
  union all
  select 'country', country, kind, count(*), sum(lines), sum(units), sum(amount) from whole group by country, kind
  union all
  select 'product', l.sku, d.kind, count(distinct d.id), count(*), sum(l.quantity), sum(l.amount)
    from documents d join lines l using (id) group by l.sku, d.kind`

/** What the operator reads is what the orders, returns and credit notes come to, day by day. */
export async function reportsAgree(database: WholeDatabase): Promise<Finding> {
  return compare(database, {
    what: 'reports are what orders and credit notes come to',
    sort: 'unbalanced',
    of: 'select from reports.revenue',
    wrong: `select dimension || ' ' || member || ', ' || kind || ': ' || coalesce(b.documents, 0) || ' documents, ' || coalesce(b.lines, 0) || ' lines, '
        || coalesce(b.units, 0) || ' units, ' || coalesce(b.amount, 0) || '; the report says ' || coalesce(r.documents, 0) || ', ' || coalesce(r.lines, 0)
        || ', ' || coalesce(r.units, 0) || ', ' || coalesce(r.amount, 0) as text
      from (${BOOKED}) b full join reports.revenue r using (dimension, member, kind)
      where (b.documents, b.lines, b.units, b.amount) is distinct from (r.documents, r.lines, r.units, r.amount)`,
  })
}
