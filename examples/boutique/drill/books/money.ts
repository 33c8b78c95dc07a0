import type { BooksLine, Finding, WholeDatabase } from '../finding.ts'
import { compare } from './compare.ts'

/** What the provider should have moved, by orders, returns and credit notes alone. */
const DUE = `
  select o.id::text as reference, o.status,
      case when o.status in ('completed', 'dispatched', 'delivered', 'refunded') then o.total_amount else 0 end as captured,
      case when o.status = 'refunded' then o.total_amount else 0 end
        + coalesce((select sum(r.refund_amount) from orders.returns r where r.order_id = o.id and r.status = 'refunded'), 0) as refunded,
      0 as credited
    from orders.orders o
  union all
  select n.id::text, 'credit note ' || n.status, 0, 0, case when n.status = 'settled' then n.total_amount else 0 end
    from credits.credit_notes n`

/** The card processor's books beside ours: to the penny, for each order and each credit note. */
export async function moneyAddsUp(database: WholeDatabase, books: readonly BooksLine[]): Promise<Finding[]> {
  return [
    await compare(database, {
      what: 'the provider moved what orders, returns and credit notes say',
      sort: 'unbalanced',
      of: DUE,
      wrong: `select coalesce(d.reference, m.reference) || ' (' || coalesce(d.status, 'nothing of ours') || '): due ' || coalesce(d.captured, 0)
          || ' - ' || coalesce(d.refunded, 0) || ' - ' || coalesce(d.credited, 0) || '; the provider took ' || coalesce(m.captured, 0)
          || ', gave back ' || coalesce(m.refunded, 0) || ', credited ' || coalesce(m.credited, 0) || ' and holds ' || coalesce(m.held, 0) as text
        from (${DUE}) d full join json_to_recordset($1)
          as m (reference text, captured bigint, refunded bigint, credited bigint, held bigint) using (reference)
        where coalesce(m.held, 0) <> 0 or coalesce(m.captured, 0) <> coalesce(d.captured, 0)
          or coalesce(m.refunded, 0) <> coalesce(d.refunded, 0) or coalesce(m.credited, 0) <> coalesce(d.credited, 0)`,
      values: [JSON.stringify(books)],
    }),
    oncePerReference(books),
  ]
}

function oncePerReference(books: readonly BooksLine[]): Finding {
  const wrong = books
    .filter(({ captures, credits }) => captures > 1 || credits > 1)
    .map(
      ({ reference, captures, credits }) => `${reference}: captured ${captures} times, credited ${credits}`,
    )
  return {
    what: 'at most one capture for each order, one credit for each credit note',
    checked: books.length,
    wrong,
    sort: 'doubled',
  }
}
