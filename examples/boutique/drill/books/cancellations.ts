import type { Finding, WholeDatabase } from '../finding.ts'
import { compare } from './compare.ts'

const CANCELLATIONS = 'select from orders.cancellations'

/** Who asked to call an order off has an answer, and it is what happened. */
export async function cancellationsAreAnswered(database: WholeDatabase): Promise<Finding[]> {
  return [
    await compare(database, {
      what: 'every cancellation is answered, by what happened',
      sort: 'lost',
      of: CANCELLATIONS,
      wrong: `select c.id || ' is ' || c.status || ' (' || coalesce(c.reason, 'no reason') || '), its order ' || c.order_id || ' is ' || o.status
          || ', its refund ' || coalesce(r.status, 'none') as text
        from orders.cancellations c join orders.orders o on o.id = c.order_id
          left join payments.refunds r on r.refund_id = c.id
        where not case c.status
          when 'cancelled' then o.status = 'cancelled' and r.status is null
          when 'refunded' then o.status = 'refunded' and r.status = 'refunded'
          when 'refused' then case c.reason
            when 'ALREADY_DISPATCHED' then o.status in ('completed', 'dispatched', 'delivered') and r.status is null
              and exists (select from shipping.shipments s where s.order_id = o.id and s.dispatched_at is not null)
            when 'ORDER_REJECTED' then o.status = 'rejected' and r.status is null
            when 'REFUND_DECLINED' then coalesce(r.status = 'declined', false)
            else false end
          else false end`,
    }),
    await compare(database, {
      what: 'nothing is called off that nobody asked for, or twice',
      sort: 'doubled',
      of: `select from orders.orders where status in ('cancelled', 'refunded')`,
      wrong: `select o.id || ' is ' || o.status || ' by ' || count(c.id) || ' cancellations' as text
        from orders.orders o left join orders.cancellations c on c.order_id = o.id and c.status in ('cancelled', 'refunded')
        group by o.id having count(c.id) <> (o.status in ('cancelled', 'refunded'))::int`,
    }),
  ]
}
