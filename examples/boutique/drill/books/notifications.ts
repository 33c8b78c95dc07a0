import { findings, type Finding, type WholeDatabase } from '../finding.ts'
import type { Letter } from '../mailbox-books.ts'
import { compare } from './compare.ts'

/** Of what a customer of the shop is told, by what happened to the order; a trader tells its customers itself. */
const DUE = `
  select o.id as order_id, k.kind, 1 as times from orders.orders o join orders.order_history h on h.order_id = o.id
    join (values ('placed', 'orderReceived'), ('completed', 'orderPaid'), ('dispatched', 'orderDispatched'), ('rejected', 'orderRejected'))
      as k (status, kind) on k.status = h.status
    where o.source = 'shop'
  union all
  select order_id, 'orderRefunded', count(*) from (
      select o.id as order_id from orders.orders o where o.source = 'shop' and o.status = 'refunded'
      union all
      select r.order_id from orders.returns r join orders.orders o on o.id = r.order_id where o.source = 'shop' and r.status = 'refunded'
    ) as refunds group by order_id`

/** Letters whose outcome nobody knows: listed for a person. */
const UNKNOWN = `select a.intent -> 'letter' ->> 'messageId' as message_id from notifications.archipel_activities a where a.state = 'unknown'`

/** Each customer was to be told of what happened, once, and of each of these it is known what became of it. */
export async function notificationsAgree(database: WholeDatabase): Promise<Finding[]> {
  return [
    await compare(database, {
      what: 'customers are told of what happened, once',
      sort: 'unbalanced',
      of: DUE,
      wrong: `select coalesce(d.order_id, n.order_id) || ', ' || coalesce(d.kind, n.kind) || ': due ' || coalesce(d.times, 0)
          || ' times, notified ' || coalesce(n.times, 0) as text
        from (${DUE}) d full join (
            select order_id, kind, count(*) as times from notifications.notifications group by order_id, kind
          ) n on n.order_id = d.order_id and n.kind = d.kind
        where d.times is distinct from n.times`,
    }),
    await compare(database, {
      what: 'each letter is sent, unwanted, or listed as unknown',
      sort: 'lost',
      of: 'select from notifications.notifications',
      wrong: `select n.id || ' (' || n.kind || ' of ' || n.order_id || ') is ' || n.status || case when u.message_id is null then '' else ', unknown' end as text
        from notifications.notifications n left join notifications.preferences p on p.person_id = n.person_id
          left join (${UNKNOWN}) u on u.message_id = n.message_id
        where not case n.status when 'sent' then u.message_id is null when 'sending' then u.message_id is not null
          when 'unwanted' then n.message_id is null and n.kind = any (coalesce(p.unwanted, '{}')) else false end`,
    }),
  ]
}

/** By subject, as a reader of the mailbox sees it; a refund may be told of several times for one order. */
const REFUND = 'Your refund'

/** The mailbox beside what we say that we sent. Which order a letter is about stands in its text. */
export async function mailAgrees(database: WholeDatabase, letters: readonly Letter[]): Promise<Finding[]> {
  const ids = letters.map(({ messageId }) => messageId)
  const strange = await findings(
    database,
    `select m.id || ' is in the mailbox: ' || coalesce(n.status, 'nobody sent it') as text
      from (select distinct unnest($1::text[]) as id) m left join notifications.notifications n on n.message_id = m.id
        left join (${UNKNOWN}) u on u.message_id = m.id
      where n.status is distinct from 'sent' and u.message_id is null`,
    [ids],
  )
  const missing = await findings(
    database,
    `select message_id || ' (' || kind || ' of ' || order_id || ') is sent and not in the mailbox' as text
      from notifications.notifications where status = 'sent' and message_id <> all ($1::text[])`,
    [ids],
  )
  const occasions = letters.filter(({ subject }) => subject !== REFUND)
  return [
    {
      what: 'no letter is in the mailbox twice',
      checked: letters.length,
      wrong: [
        ...repeated(ids),
        ...repeated(occasions.map(({ subject, orderId }) => `${subject}: ${orderId}`)),
      ],
      sort: 'doubled',
    },
    {
      what: 'the mailbox has what was sent, and what is unknown at most',
      checked: letters.length,
      wrong: [...strange, ...missing],
      sort: 'lost',
    },
  ]
}

function repeated(names: readonly string[]): string[] {
  return [...Map.groupBy(names, (name) => name)]
    .filter(([, all]) => all.length > 1)
    .map(([name, all]) => `${name} came ${all.length} times`)
}
