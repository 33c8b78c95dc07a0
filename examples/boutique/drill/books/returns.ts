import type { Finding, WholeDatabase } from '../finding.ts'
import { compare } from './compare.ts'

const RETURNS = 'select from orders.returns'

/** What was sent back is decided, paid by the price that was paid for it, and never more than was bought. */
export async function returnsAddUp(database: WholeDatabase): Promise<Finding[]> {
  return [
    await compare(database, {
      what: 'approved returns are paid and taken back, or refused by the card',
      sort: 'lost',
      of: RETURNS,
      wrong: `select r.id || ' is ' || r.status || ' (' || coalesce(r.refusal, 'no refusal') || ') over ' || r.refund_amount || ': paid back '
          || coalesce(p.amount::text, 'nothing') || ' (' || coalesce(p.status, 'no refund') || '), goods '
          || case when t.return_id is null then 'not ' else '' end || 'taken back' as text
        from orders.returns r left join payments.refunds p on p.refund_id = r.id
          left join inventory.take_backs t on t.return_id = r.id
        where not case r.status
          when 'requested' then p.id is null and t.return_id is null
          when 'refunded' then t.return_id is not null and coalesce(p.status = 'refunded' and p.amount = r.refund_amount, false)
          when 'refused' then t.return_id is null and (p.status is null or p.status = 'declined' and r.refusal = 'REFUND_DECLINED')
          else false end`,
    }),
    await compare(database, {
      what: 'returns are paid by the price that was paid',
      sort: 'unbalanced',
      of: RETURNS,
      wrong: `select r.id || ': refund ' || r.refund_amount || ', its lines ' || coalesce(sum(b.quantity * l.price_amount), 0) as text
        from orders.returns r left join orders.return_lines b on b.return_id = r.id
          left join orders.order_lines l on l.order_id = b.order_id and l.number = b.number
        group by r.id having r.refund_amount is distinct from sum(b.quantity * l.price_amount)`,
    }),
    await compare(database, {
      what: 'never more comes back than was bought',
      sort: 'doubled',
      of: 'select from orders.return_lines',
      wrong: `select l.order_id || ', line ' || l.number || ': bought ' || l.quantity || ', back ' || sum(b.quantity) as text
        from orders.order_lines l join orders.return_lines b on b.order_id = l.order_id and b.number = l.number
          join orders.returns r on r.id = b.return_id and r.status <> 'refused'
        group by l.order_id, l.number having sum(b.quantity) > l.quantity`,
    }),
  ]
}
