import { findings, type BooksLine, type Finding, type WholeDatabase } from '../finding.ts'

/** What was given back, in our books and in the card processor's: refunds by order, credits by credit note. */
export async function moneyBackAddsUp(
  database: WholeDatabase,
  books: readonly BooksLine[],
): Promise<Finding[]> {
  const lines = [JSON.stringify(books)]
  const refunds = await findings(
    database,
    `select coalesce(r.order_id::text, m.reference) || ': refunds of ' || coalesce(r.refunded, 0) || ', ' || coalesce(r.open, 0)
        || ' without an end; the provider gave back ' || coalesce(m.refunded, 0) as text
      from (select order_id, coalesce(sum(amount) filter (where status = 'refunded'), 0) as refunded,
          count(*) filter (where status = 'pending') as open from payments.refunds group by order_id) as r
        full join (select * from json_to_recordset($1) as b (reference text, refunded bigint) where refunded > 0) as m
          on m.reference = r.order_id::text
      where coalesce(r.open, 0) > 0 or coalesce(r.refunded, 0) <> coalesce(m.refunded, 0)`,
    lines,
  )
  const credits = await findings(
    database,
    `select coalesce(n.id::text, m.reference) || ' (' || coalesce(n.status, 'no credit note') || ', total ' || coalesce(n.total_amount, 0)
        || '): the provider credited ' || coalesce(m.credited, 0) || ' in ' || coalesce(m.credits, 0) || ' credits' as text
      from credits.credit_notes n
        full join (select * from json_to_recordset($1) as b (reference text, credited bigint, credits integer) where credits > 0) as m
          on m.reference = n.id::text
      where coalesce(n.status, '') not in ('settled', 'refused')
        or coalesce(m.credits, 0) <> (n.status = 'settled')::integer
        or coalesce(m.credited, 0) <> case when n.status = 'settled' then n.total_amount else 0 end`,
    lines,
  )
  return [
    {
      what: 'refunds are what the provider gave back',
      checked: books.filter((line) => line.refunded > 0).length,
      wrong: refunds,
      sort: 'unbalanced',
    },
    {
      what: 'credit notes are paid out once',
      checked: books.filter((line) => line.credits > 0).length,
      wrong: credits,
      sort: 'unbalanced',
    },
  ]
}
