import type { Finding, WholeDatabase } from '../finding.ts'
import { compare } from './compare.ts'

/** Each order that was paid has one shipment, and the order says of it what the warehouse did. */
export async function shipmentsFollowOrders(database: WholeDatabase): Promise<Finding[]> {
  return [
    await compare(database, {
      what: 'one shipment for each paid order, in the same state',
      sort: 'unbalanced',
      of: 'select from shipping.shipments',
      wrong: `select coalesce(o.id, s.order_id) || ' is ' || coalesce(o.status, 'no order') || ', its ' || coalesce(s.shipments, 0)
          || ' shipments are ' || coalesce(s.statuses, 'none') as text
        from orders.orders o full join (
            select order_id, count(*) as shipments, string_agg(status, ' ') as statuses from shipping.shipments group by order_id
          ) s on s.order_id = o.id
        where s.statuses is distinct from case o.status when 'completed' then 'ready' when 'dispatched' then 'dispatched'
          when 'delivered' then 'delivered' when 'refunded' then 'recalled' end`,
    }),
    await compare(database, {
      what: 'nothing left the house that was called off',
      sort: 'doubled',
      of: `select from shipping.shipments where dispatched_at is not null`,
      wrong: `select o.id || ' is ' || o.status || ' and left the house at ' || s.dispatched_at as text
        from orders.orders o join shipping.shipments s on s.order_id = o.id
        where s.dispatched_at is not null and (o.status in ('rejected', 'cancelled', 'refunded') or s.recalled_at is not null)`,
    }),
    await compare(database, {
      what: 'parcels hold what was ordered',
      sort: 'unbalanced',
      of: 'select from shipping.parcel_lines',
      wrong: `select coalesce(l.order_id, p.order_id) || ', line ' || coalesce(l.number, p.line) || ': ordered ' || coalesce(l.quantity, 0)
          || ', packed ' || coalesce(p.quantity, 0) as text
        from (select l.order_id, l.number, l.quantity from orders.order_lines l join orders.orders o on o.id = l.order_id
            where l.stocked and o.status in ('dispatched', 'delivered')) l
          full join (select s.order_id, p.line, sum(p.quantity) as quantity
            from shipping.parcel_lines p join shipping.shipments s on s.id = p.shipment_id group by s.order_id, p.line) p
            on p.order_id = l.order_id and p.line = l.number
        where l.quantity is distinct from p.quantity`,
    }),
  ]
}
