import type { Pool } from 'pg'
import { z } from 'zod'
import { ordersAreAtRest } from '../drill/books/orders.ts'
import { compare } from '../drill/books/compare.ts'
import { readDelivery } from '../drill/delivery.ts'
import type { Field } from '../drill/field.ts'
import type { Finding } from '../drill/finding.ts'
import { untilQuiet } from '../drill/quiet.ts'

/** A letter whose outcome nobody knows is listed for a person: that is by design, as mail servers know no keys. */
const LETTERS = 'notifications.archipel_activities'
const Table = z.object({ name: z.string() })

/** Everything that an operator's lists would show, apart from letters. */
export async function whatWaitsForAPerson(
  database: Pool,
  { operationsUrl, dataFolder }: Field,
): Promise<Finding[]> {
  const quiet = await untilQuiet(database, () => readDelivery(operationsUrl, dataFolder, false), undefined, [
    LETTERS,
  ])
  const counters = await readDelivery(operationsUrl, dataFolder, true)
  const sagas = await rowsOf(database, 'archipel_sagas')
  const activities = (await rowsOf(database, 'archipel_activities')).filter((table) => table !== LETTERS)
  return [
    {
      what: 'everything came to an end by itself',
      checked: counters.length,
      wrong: quiet,
      sort: 'unbalanced',
    },
    ...(await ordersAreAtRest(database)),
    await compare(database, {
      what: 'no saga is stuck',
      sort: 'lost',
      of: union(sagas, 'select 1'),
      wrong: union(
        sagas,
        `select saga || ' ' || id || ' is ' || status || ': ' || left(progress::text, 300) as text`,
        `status = 'stuck'`,
      ),
    }),
    await compare(database, {
      what: 'no outcome is unknown',
      sort: 'lost',
      of: union(activities, 'select 1'),
      wrong: union(
        activities,
        `select operation || ' ' || key || ' is ' || state || ': ' || coalesce(last_error, '') as text`,
        `state = 'unknown'`,
      ),
    }),
    {
      what: 'no event is parked or was discarded',
      checked: counters.reduce((sum, { written }) => sum + written, 0),
      wrong: counters
        .filter(({ parked, discarded, drift }) => parked + discarded + Math.abs(drift) > 0)
        .map((line) => JSON.stringify(line)),
      sort: 'lost',
    },
  ]
}

/** The tables of this name, one for each service that has one. */
async function rowsOf(database: Pool, name: string): Promise<string[]> {
  const { rows } = await database.query(
    'select table_schema || $2 || table_name as name from information_schema.tables where table_name = $1',
    [name, '.'],
  )
  return rows.map((row) => Table.parse(row).name)
}

function union(tables: readonly string[], select: string, where = 'true'): string {
  return tables.map((table) => `${select} from ${table} where ${where}`).join(' union all ')
}
