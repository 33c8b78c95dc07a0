import { z } from 'zod'
import { findings, type Finding, type WholeDatabase } from '../finding.ts'
import type { Imported, ImportReport } from '../importing.ts'
import type { ExpectedInvoice } from '../trade-file.ts'
import { compare } from './compare.ts'

/** What traders brought in, with what it comes to by its lines. */
const BOOKED = `
  select 'order' as kind, o.external_reference as number, count(*) as lines, sum(l.quantity) as units, sum(l.quantity * l.price_amount) as total
    from orders.orders o join orders.order_lines l on l.order_id = o.id where o.source = 'trade' group by o.id
  union all
  select 'creditNote', n.external_reference, count(*), sum(l.quantity), sum(l.quantity * l.price_amount)
    from credits.credit_notes n join credits.credit_note_lines l on l.credit_note_id = n.id where n.source = 'trade' group by n.id`

/** Every invoice of the files once, to the penny, and nothing else; each report says so. */
export async function importsAgree(
  database: WholeDatabase,
  imported: readonly Imported[],
): Promise<Finding[]> {
  const invoices = imported.flatMap((file) => file.invoices)
  const booked = invoices.filter(({ kind }) => kind !== 'rejected')
  const wrong = await findings(
    database,
    `select coalesce(f.kind, b.kind) || ' ' || number || ': ' || coalesce(f.lines, 0) || ' lines, ' || coalesce(f.units, 0) || ' units, '
        || coalesce(f.total, 0) || ' in the file; ' || coalesce(b.documents, 0) || ' in the shop with ' || coalesce(b.lines, 0) || ' lines, '
        || coalesce(b.units, 0) || ' units, ' || coalesce(b.total, 0) as text
      from json_to_recordset($1) as f (kind text, number text, lines bigint, units bigint, total bigint)
        full join (select kind, number, count(*) as documents, sum(lines) as lines, sum(units) as units, sum(total) as total
          from (${BOOKED}) as each group by kind, number) b using (kind, number)
      where b.documents is distinct from 1 or (f.lines, f.units, f.total) is distinct from (b.lines, b.units, b.total)`,
    [JSON.stringify(booked)],
  )
  return [
    { what: 'each invoice is in the shop once', checked: booked.length, wrong, sort: 'doubled' },
    await compare(database, {
      what: 'opening stock came in once',
      sort: 'doubled',
      of: 'select from inventory.openings',
      wrong: `select o.sku || ': opened with ' || o.quantity || ', came in ' || coalesce(string_agg(m.quantity::text, ' and '), 'never') as text
        from inventory.openings o left join inventory.movements m on m.sku = o.sku and m.reason = 'opening'
        group by o.trader, o.sku having count(m.number) <> 1 or sum(m.quantity) <> o.quantity`,
    }),
    await reportsAreRight(database, imported),
  ]
}

/** What came in and was not paid: a card processor that is away for long enough is a reason to reject an order. */
const NOT_TAKEN = `
  select external_reference as number, status || ' ' || coalesce(rejection ->> 'code', '') as why from orders.orders
    where source = 'trade' and status in ('rejected', 'cancelled')
  union all
  select external_reference, status || ' ' || coalesce(refusal, '') from credits.credit_notes where source = 'trade' and status = 'refused'`

const NotTaken = z.object({ number: z.string(), why: z.string() })

/** Each report says what is in the file, and that the shop took all of it exactly if it did. */
async function reportsAreRight(database: WholeDatabase, imported: readonly Imported[]): Promise<Finding> {
  const notTaken = z.array(NotTaken).parse((await database.query(NOT_TAKEN, [])).rows)
  const wrong = imported.flatMap(({ path, invoices, report }) => {
    const [said, is] = [describe(report.file), describe(sumsOf(invoices))]
    const missing = notTaken.filter(({ number }) => invoices.some((invoice) => invoice.number === number))
    const names = missing.map(({ number, why }) => `${number} ${why}`).join(', ') || 'nothing'
    return [
      ...(said === is ? [] : [`${path}: it says ${said}, and has ${is}`]),
      ...(report.agrees === (missing.length === 0)
        ? []
        : [
            `${path}: it says that the shop ${report.agrees ? 'took all' : 'has other books'}; not taken: ${names}`,
          ]),
    ]
  })
  return {
    what: 'the reports of the importer are right',
    checked: imported.length,
    wrong,
    sort: 'unbalanced',
  }
}

function sumsOf(invoices: readonly ExpectedInvoice[]): ImportReport['file'] {
  const sum = (kind: ExpectedInvoice['kind']) => {
    const some = invoices.filter((invoice) => invoice.kind === kind)
    const of = (what: 'lines' | 'units' | 'total') => some.reduce((all, invoice) => all + invoice[what], 0)
    return { count: some.length, lines: of('lines'), units: of('units'), total: of('total') }
  }
  return { orders: sum('order'), creditNotes: sum('creditNote'), rejected: sum('rejected').count }
}

function describe({ orders, creditNotes, rejected }: ImportReport['file']): string {
  return [orders, creditNotes]
    .map(({ count, lines, units, total }) => `${count} (${lines} lines, ${units} units, ${total})`)
    .concat(`${rejected} rejected`)
    .join(', ')
}
