import { sql, type Queryable } from 'archipel'
import { z } from 'zod'
import { Figures } from './contract.ts'

const columns = sql`orders, lines, units, refunds, credit_notes as "creditNotes", units_returned as "unitsReturned",
  json_build_object('amount', gross, 'currency', currency) as gross,
  json_build_object('amount', refunded, 'currency', currency) as refunded,
  json_build_object('amount', credited, 'currency', currency) as credited,
  json_build_object('amount', net, 'currency', currency) as net`

const Row = Figures.extend({ member: z.string(), label: z.string() })
const RankedRow = Row.extend({ rank: z.int() })

/** Which days: both ends belong to it, and an end that is missing is open. */
interface Range {
  readonly currency: string
  readonly from?: string | undefined
  readonly to?: string | undefined
}

interface PageOf {
  readonly limit: number
  readonly cursor?: string | undefined
}

const within = ({ currency, from, to }: Range) => sql`dimension = 'day' and currency = ${currency}
  and (${from ?? null}::text is null or member >= ${from ?? null})
  and (${to ?? null}::text is null or member <= ${to ?? null})`

export function totals(db: Queryable, range: Range) {
  return db.one(
    Figures,
    sql`select ${columns} from (
        select ${range.currency}::text as currency, coalesce(sum(orders), 0)::bigint as orders,
            coalesce(sum(lines), 0)::bigint as lines, coalesce(sum(units), 0)::bigint as units,
            coalesce(sum(gross), 0)::bigint as gross, coalesce(sum(refunds), 0)::bigint as refunds,
            coalesce(sum(refunded), 0)::bigint as refunded, coalesce(sum(credit_notes), 0)::bigint as credit_notes,
            coalesce(sum(credited), 0)::bigint as credited, coalesce(sum(units_returned), 0)::bigint as units_returned,
            coalesce(sum(net), 0)::bigint as net
          from figures where ${within(range)}) as t`,
  )
}

/** Days from the first on, one more than the page has. */
export function daysAfter(db: Queryable, { limit, cursor, ...range }: Range & PageOf) {
  return db.many(
    Row,
    sql`select member, label, ${columns} from figures
      where ${within(range)} and (${cursor ?? null}::text is null or member > ${cursor ?? null})
      order by member limit ${limit + 1}`,
  )
}

/** The best by net revenue or by units sold, and by name where they are equal. */
export async function ranking(
  db: Queryable,
  dimension: 'country' | 'product',
  { currency, sort, limit, cursor }: PageOf & { currency: string; sort: 'net' | 'units' },
) {
  const by = sort === 'units' ? sql`f.units` : sql`f.net`
  const [, rank = null, member = null] = /^(-?\d+)~(.*)$/.exec(cursor ?? '') ?? []
  const rows = await db.many(
    RankedRow,
    sql`select member, label, ${by} as rank, ${columns} from figures f
      where dimension = ${dimension} and currency = ${currency}
        and (${rank}::bigint is null or ${by} < ${rank}::bigint or (${by} = ${rank}::bigint and member > ${member}))
      order by ${by} desc, member limit ${limit + 1}`,
  )
  const last = rows[limit - 1]
  return {
    rows: rows.slice(0, limit),
    next: rows.length > limit && last ? `${last.rank}~${last.member}` : null,
  }
}
