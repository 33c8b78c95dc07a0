import type { Finding, WholeDatabase } from '../finding.ts'
import { compare } from './compare.ts'

const SHELVES = 'select from inventory.shelves'

/** What came in and out of each shelf, by the journal of movements. */
const MOVED = `select sku, sum(quantity) as present,
    coalesce(sum(quantity) filter (where kind = 'receipt'), 0) as received,
    coalesce(sum(quantity) filter (where kind = 'correction'), 0) as corrections,
    coalesce(-sum(quantity) filter (where kind in ('sale', 'restock')), 0) as sold,
    coalesce(sum(quantity) filter (where kind = 'return'), 0) as back,
    coalesce(-sum(quantity) filter (where kind = 'writeOff'), 0) as written_off
  from inventory.movements group by sku`

/** What went out and came back by the orders: those that were called off sold nothing. */
const ORDERED = `select l.sku, sum(l.quantity) as sold, coalesce(sum(b.quantity), 0) as back, coalesce(sum(b.written_off), 0) as written_off
  from orders.orders o join orders.order_lines l on l.order_id = o.id left join (
      select b.order_id, b.number, sum(b.quantity) as quantity, sum(b.quantity) filter (where b.disposition = 'writeOff') as written_off
        from orders.return_lines b join orders.returns r on r.id = b.return_id where r.status = 'refunded' group by b.order_id, b.number
    ) b on b.order_id = l.order_id and b.number = l.number
  where l.stocked and o.status in ('completed', 'dispatched', 'delivered') group by l.sku`

/** The shelves, the journal of movements and the orders say the same of every product. */
export async function stockAddsUp(database: WholeDatabase): Promise<Finding[]> {
  return [
    await compare(database, {
      what: 'stock adds up, and so do its movements',
      sort: 'unbalanced',
      of: SHELVES,
      wrong: `select sku || ': received ' || s.received || ', corrections ' || s.corrections || ', available ' || s.available || ', taken ' || s.taken
          || ', written off ' || s.written_off || '; movements: received ' || coalesce(m.received, 0) || ', corrections ' || coalesce(m.corrections, 0)
          || ', written off ' || coalesce(m.written_off, 0) || ', present ' || coalesce(m.present, 0) as text
        from inventory.shelves s full join (${MOVED}) m using (sku)
        where s.received + s.corrections is distinct from s.available + s.taken + s.written_off or s.available < 0
          or s.received <> coalesce(m.received, 0) or s.corrections <> coalesce(m.corrections, 0)
          or s.written_off <> coalesce(m.written_off, 0) or s.available <> coalesce(m.present, 0)`,
    }),
    await compare(database, {
      what: 'nothing stays reserved',
      sort: 'lost',
      of: 'select from inventory.reservations',
      wrong: `select r.order_id || ' is ' || coalesce(o.status, 'no order') || ' and its goods are ' || r.status as text
        from inventory.reservations r left join orders.orders o on o.id = r.order_id
        where r.status is distinct from case when o.status in ('completed', 'dispatched', 'delivered') then 'sold'
          when o.status in ('rejected', 'cancelled') then 'released' when o.status = 'refunded' then 'restocked' end`,
    }),
    await compare(database, {
      what: 'sold is what orders sold less what came back',
      sort: 'unbalanced',
      of: SHELVES,
      wrong: `select sku || ': on the shelf sold ' || coalesce(s.taken, 0) || ', written off ' || coalesce(s.written_off, 0) || '; movements: sold '
          || coalesce(m.sold, 0) || ', back ' || coalesce(m.back, 0) || '; orders: sold ' || coalesce(o.sold, 0) || ', back ' || coalesce(o.back, 0)
          || ', of it written off ' || coalesce(o.written_off, 0) as text
        from inventory.shelves s full join (${MOVED}) m using (sku) full join (${ORDERED}) o using (sku)
        where coalesce(s.taken, 0) <> coalesce(o.sold - o.back, 0) or coalesce(s.written_off, 0) <> coalesce(o.written_off, 0)
          or coalesce(m.sold, 0) <> coalesce(o.sold, 0) or coalesce(m.back, 0) <> coalesce(o.back, 0)`,
    }),
  ]
}
