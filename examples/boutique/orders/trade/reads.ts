import { sql, type Queryable } from 'archipel'
import { TradeOrder, TradeStatusSum } from './contract.ts'
import { given, where } from '../../where.ts'

const total = sql`json_build_object('amount', total_amount, 'currency', total_currency) as total`

export function tradeOrdersOf(db: Queryable, traderId: string, after: string | undefined, limit: number) {
  return db.many(
    TradeOrder,
    sql`select id, status, external_reference as "externalReference", ${total} from orders
      ${where(
        sql`trader_id = ${traderId}`,
        given(after, (reference) => sql`external_reference > ${reference}`),
      )}
      order by external_reference limit ${limit}`,
  )
}

export function sumsOfTrader(db: Queryable, traderId: string) {
  return db.many(
    TradeStatusSum,
    sql`with own as (
        select o.id, o.status, o.total_amount, o.total_currency, l.lines, l.units
          from orders o, lateral (
            select count(*) as lines, sum(quantity)::bigint as units from order_lines where order_id = o.id
          ) as l
          where o.trader_id = ${traderId}
      )
      select status, count(*)::int as orders, sum(lines)::bigint as lines, sum(units)::bigint as units,
          json_build_object('amount', sum(total_amount), 'currency', total_currency) as total
        from own group by status, total_currency order by status`,
  )
}
