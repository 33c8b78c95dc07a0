import { findings, type Finding, type WholeDatabase } from '../finding.ts'
import type { Accepted, Promises } from '../promises.ts'

/** What was promised, and the rows that keep the promise: a statement that selects their `id`. */
export interface Kept {
  /** Such as `order`. */
  readonly name: string
  readonly rows: string
  readonly accepted: readonly Accepted[]
}

/** Everything that was accepted is there, and nothing else; each key became one thing. */
export async function promisesAreKept(database: WholeDatabase, kept: Kept): Promise<Finding[]> {
  const { name, rows, accepted } = kept
  const ids = [accepted.map(({ id }) => id)]
  const lost = await findings(
    database,
    `select '${name} ' || a.id || ' was accepted and is gone' as text from unnest($1::uuid[]) as a (id)
      where a.id not in (${rows})`,
    ids,
  )
  const extra = await findings(
    database,
    `select '${name} ' || r.id || ' is one that nobody was told of' as text from (${rows}) as r (id)
      where r.id <> all ($1::uuid[])`,
    ids,
  )
  const idsOfKey = Map.groupBy(accepted, ({ key }) => key)
  const twice = [...idsOfKey]
    .map(([key, answers]) => [key, [...new Set(answers.map(({ id }) => id))]] as const)
    .filter(([, distinct]) => distinct.length > 1)
    .map(([key, distinct]) => `${key} became ${distinct.join(' and ')}`)
  return [
    { what: `each ${name} that was accepted is there`, checked: accepted.length, wrong: lost, sort: 'lost' },
    {
      what: `one ${name} for each key`,
      checked: idsOfKey.size,
      wrong: [...twice, ...extra],
      sort: 'doubled',
    },
  ]
}

/** What customers and staff were promised beside orders. */
export async function furtherPromisesAreKept(
  database: WholeDatabase,
  promises: Promises,
): Promise<Finding[]> {
  const { cancellations, returns, creditNotes } = promises
  return [
    ...(await promisesAreKept(database, {
      name: 'cancellation',
      rows: 'select id from orders.cancellations',
      accepted: cancellations,
    })),
    ...(await promisesAreKept(database, {
      name: 'return',
      rows: 'select id from orders.returns',
      accepted: returns,
    })),
    ...(await promisesAreKept(database, {
      name: 'credit note',
      rows: `select id from credits.credit_notes where source = 'shop'`,
      accepted: creditNotes,
    })),
    await decisionsStand(database, promises),
    await goodsMoved(database, promises),
    await stockChangesAreThere(database, promises),
  ]
}

async function decisionsStand(database: WholeDatabase, { approved, refused }: Promises): Promise<Finding> {
  const wrong = await findings(
    database,
    `select d.id || ' was ' || d.decision || ' and is ' || coalesce(r.status, 'gone') || ' (' || coalesce(r.refusal, 'no refusal') || ')' as text
      from (select unnest($1::uuid[]) as id, 'approved' as decision union all select unnest($2::uuid[]), 'refused') d
        left join orders.returns r on r.id = d.id
      where not coalesce(case d.decision when 'approved' then r.status = 'refunded' or r.refusal = 'REFUND_DECLINED'
        else r.status = 'refused' and r.refusal <> 'REFUND_DECLINED' end, false)`,
    [approved, refused],
  )
  return {
    what: 'what support decided stands',
    checked: approved.length + refused.length,
    wrong,
    sort: 'lost',
  }
}

async function goodsMoved(database: WholeDatabase, { dispatched, delivered }: Promises): Promise<Finding> {
  const wrong = await findings(
    database,
    `select m.id || ' was ' || m.moved || ' and is ' || coalesce(s.status, 'gone') as text
      from (select unnest($1::uuid[]) as id, 'dispatched' as moved union all select unnest($2::uuid[]), 'delivered') m
        left join shipping.shipments s on s.id = m.id
      where case m.moved when 'dispatched' then s.dispatched_at else s.delivered_at end is null`,
    [dispatched, delivered],
  )
  return {
    what: 'what the warehouse did is written down',
    checked: dispatched.length + delivered.length,
    wrong,
    sort: 'lost',
  }
}

async function stockChangesAreThere(database: WholeDatabase, { stockChanges }: Promises): Promise<Finding> {
  const wrong = await findings(
    database,
    `select c.name || ' moved stock ' || count(m.number) || ' times' as text
      from unnest($1::text[]) as c (name) left join inventory.movements m on c.name in (m.reference, m.note)
      group by c.name having count(m.number) <> 1`,
    [stockChanges],
  )
  return {
    what: 'receipts and corrections moved stock once',
    checked: stockChanges.length,
    wrong,
    sort: 'doubled',
  }
}
