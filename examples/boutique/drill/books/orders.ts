import type { Finding, WholeDatabase } from '../finding.ts'
import { compare } from './compare.ts'

const ORDERS = 'select from orders.orders'

/** What happened to an order, in one line; it ends with what it is now. */
const WAYS = [
  'placed( reserved( authorised)?)? (rejected|cancelled)',
  'placed reserved authorised paid completed( dispatched( delivered)?)?',
  'placed reserved authorised paid completed refunded',
]

/** Every order has come to rest, on a way that orders can go. */
export async function ordersAreAtRest(database: WholeDatabase): Promise<Finding[]> {
  return [
    await compare(database, {
      what: 'every order is at an end, or waits for the warehouse',
      sort: 'lost',
      of: ORDERS,
      wrong: `select id || ' is still ' || status || case when open_cancellation is null then '' else ', to be called off' end as text
        from orders.orders
        where status in ('placed', 'reserved', 'authorised', 'paid') or open_cancellation is not null`,
    }),
    await compare(database, {
      what: 'histories are whole and in order',
      sort: 'unbalanced',
      of: ORDERS,
      wrong: `select o.id || ' is ' || o.status || ': ' || coalesce(h.way, 'no history') as text
        from orders.orders o left join (
            select order_id, string_agg(status, ' ' order by number) as way, (array_agg(status order by number desc))[1] as last,
                min(number) as first, max(number) as most, count(*) as entries
              from orders.order_history group by order_id) h on h.order_id = o.id
        where h.way is null or h.way !~ $1 or h.last <> o.status or h.first <> 1 or h.most <> h.entries`,
      values: [`^(${WAYS.join('|')})$`],
    }),
    await compare(database, {
      what: 'totals are what the lines come to',
      sort: 'unbalanced',
      of: ORDERS,
      wrong: `select o.id || ': total ' || o.total_amount || ', lines ' || coalesce(l.amount, 0) as text
        from orders.orders o left join (
            select order_id, sum(quantity * price_amount) as amount from orders.order_lines group by order_id) l on l.order_id = o.id
        where o.total_amount is distinct from l.amount`,
    }),
  ]
}
