import type { Pools } from './by-hand-database.ts'
import type { Subscription } from './by-hand-bus.ts'

const WAY = `array['placed', 'reserved', 'authorised', 'paid', 'completed']`

/** Orders move by the news of other services. A milestone has the same number in every history. */
const FOLLOW = `
    news as (
      select (event #>> '{data,orderId}')::uuid as order_id, position,
          coalesce(event #>> '{data,reservedAt}', event #>> '{data,at}')::timestamptz as at,
          case type when 'inventory.stockReserved.v1' then 'reserved' when 'payments.paymentAuthorised.v1' then 'authorised'
            else 'paid' end as status
        from page),
    locked as materialized (
      select id, status from orders where id in (select order_id from news) order by id for update),
    passed as (
      select distinct on (l.id, w.number) l.id, w.status, w.number, n.at
        from locked l join news n on n.order_id = l.id
          join unnest(${WAY}) with ordinality as w (status, number)
            on w.number > array_position(${WAY}, l.status) and w.number <= array_position(${WAY}, n.status)
        order by l.id, w.number, n.position),
    last as (select distinct on (id) id, status from passed order by id, number desc),
    moved as (update orders o set status = l.status from last l where o.id = l.id),
    told as (
      insert into order_history (order_id, number, status, at) select id, number, status, at from passed)`

/** What was set aside for an order is out of the door when it is paid. */
const SELL = `
    sales as materialized (
      select (event #>> '{data,orderId}')::uuid as order_id, (event #>> '{data,at}')::timestamptz as at,
        event ->> 'correlationId' as correlation, position from page),
    held as materialized (
      select order_id from reservations where order_id in (select order_id from sales)
        and status is not distinct from 'held' order by order_id for update),
    closed as (
      update reservations r set status = 'sold' from held h where r.order_id = h.order_id returning r.order_id),
    entered as (
      insert into movements (sku, kind, quantity, reference, at)
        select l.sku, 'sale', -l.quantity, l.order_id, s.at
          from closed join sales s using (order_id) join reservation_lines l using (order_id) order by s.position, l.sku)`
const SOLD = `(
      select count(bus.append('inventory.stockSold.v1', order_id::text, at, correlation,
          jsonb_build_object('orderId', order_id)))
        from closed join sales using (order_id))`

/** One event is told once; nobody is told what they don't want to be told of. */
const TELL = `
    letters as (
      select (event ->> 'id')::uuid as id, (event #>> '{data,customerId}')::uuid as person_id,
          (event #>> '{data,orderId}')::uuid as order_id,
          case type when 'orders.orderPlaced.v1' then 'orderReceived' else 'orderPaid' end as kind,
          jsonb_build_object('amount', event #> '{data,total}') as details
        from page),
    decided as (
      select l.*, l.kind <> all (coalesce((select unwanted from preferences p where p.person_id = l.person_id), '{}')) as wanted
        from letters l),
    noted as (
      insert into notifications (id, person_id, order_id, kind, details, status, message_id, decided_at, ended_at)
        select id, person_id, order_id, kind, details, case when wanted then 'queued' else 'unwanted' end,
            case when wanted then '<' || id || '@boutique.example>' end, now(), case when not wanted then now() end
          from decided)`

/** Each order once in its day and its country, and once in each of its products. */
const BOOK = `
    lines as (
      select p.position, l.sku, l.name, l.quantity, l.quantity * (l.price ->> 'amount')::bigint as amount
        from page p, jsonb_to_recordset(p.event #> '{data,lines}') as l (sku text, name text, quantity bigint, price jsonb)),
    orders as (
      select left(event #>> '{data,placedAt}', 10) as day, event #>> '{data,country}' as country,
          (event #>> '{data,total,amount}')::bigint as amount,
          (select count(*) from lines l where l.position = p.position) as lines,
          (select sum(quantity) from lines l where l.position = p.position) as units
        from page p),
    booked as (
      insert into revenue as r (dimension, member, currency, kind, label, documents, lines, units, amount)
        select 'day', day, 'GBP', 'sale', day, count(*), sum(lines), sum(units), sum(amount) from orders group by day
        union all
        select 'country', country, 'GBP', 'sale', country, count(*), sum(lines), sum(units), sum(amount) from orders group by country
        union all
        select 'product', sku, 'GBP', 'sale', max(name), count(distinct position), count(*), sum(quantity), sum(amount)
          from lines group by sku
        on conflict (dimension, currency, member, kind) do update set label = excluded.label,
          documents = r.documents + excluded.documents, lines = r.lines + excluded.lines,
          units = r.units + excluded.units, amount = r.amount + excluded.amount)`

/** A completed order is a purchase of each of its goods; one that was placed tells nothing yet. */
const PURCHASE = `
    bought as (
      insert into purchases as p (order_id, sku, customer_id, completed)
        select distinct (event #>> '{data,orderId}')::uuid, l.sku, (event #>> '{data,customerId}')::uuid, true
          from page, jsonb_to_recordset(event #> '{data,lines}') as l (sku text, stocked boolean)
          where type = 'orders.orderCompleted.v1' and l.stocked
        on conflict (order_id, sku) do update set completed = p.completed or excluded.completed)`

/** @param lettersWaiting told when there may be letters to send. */
export function subscriptionsOf(pools: Pools, lettersWaiting: () => void): Subscription[] {
  const completed = ['orders.orderCompleted.v1']
  return [
    {
      pool: pools.orders,
      name: 'follow',
      types: ['inventory.stockReserved.v1', 'payments.paymentAuthorised.v1', 'payments.paymentCaptured.v1'],
      effect: FOLLOW,
    },
    { pool: pools.inventory, name: 'sell-reserved', types: completed, effect: SELL, publishes: SOLD },
    {
      pool: pools.notifications,
      name: 'tell-customers',
      types: ['orders.orderPlaced.v1', ...completed],
      effect: TELL,
      handled: lettersWaiting,
    },
    { pool: pools.reports, name: 'book-orders', types: completed, effect: BOOK },
    {
      pool: pools.reviews,
      name: 'note-purchases',
      types: ['orders.orderPlaced.v1', ...completed],
      effect: PURCHASE,
    },
  ]
}
