import { join } from 'node:path'
import { Client } from 'pg'
import { openDatabase, type Database } from '../harness/database.ts'
import { makeScratch } from '../harness/scratch.ts'
import { startShopPatiently } from '../harness/shop.ts'
import { liveADay, type Place } from './day.ts'
import { FIRST_POSITION, grow, LEFT } from './grow.ts'
import type { SeenPlan } from './plan.ts'
import { readEverything } from './readers.ts'
import { openServerLog, OURSELVES } from './server-log.ts'

/**
 * In which state a host found the shop: `grown` has plans of the time when the shop was small; `fresh` was started on the
 * large one, of which PostgreSQL knows nothing yet; for `analysed` it has looked.
 */
export const STATES = ['grown', 'fresh', 'analysed'] as const
export type State = (typeof STATES)[number]

export interface Examined {
  readonly orders: number
  readonly plans: ReadonlyMap<State, readonly SeenPlan[]>
  /** Paths that could not be read. */
  readonly unread: readonly string[]
}

const SHOP = 'boutique'
const PROVIDER = 'boutique_provider'
/** What happens on the day that is copied, and on each one that is looked at. */
const DAY_TO_COPY = 120
const DAY_TO_SEE = 30

/** How many rows a table has is asked anew then, of its file. */
const FORGET = `select pg_clear_relation_stats(schemaname, relname) from pg_stat_user_tables`

/** Opens a shop, makes it as large as that, and watches what its statements do. */
export async function examine(orders: number, say: (text: string) => void): Promise<Examined> {
  await using scratch = await makeScratch('statements')
  const dataFolder = join(scratch.folder, 'data')
  await using database = await openDatabase(dataFolder)
  await using log = await openServerLog(database.url('postgres'), join(dataFolder, 'postgres.log'))
  let shop = await startShopPatiently({ start: 'node', dataFolder })
  const place = (): Place => ({ api: shop.api, dataFolder, databaseUrl: database.url(SHOP) })
  const plans = new Map<State, readonly SeenPlan[]>()
  let unread: readonly string[] = []
  let seed = 1
  const everywhere = async (text: string) => {
    for (const name of [SHOP, PROVIDER]) await database.ask(name, text)
  }
  const see = async (state: State) => {
    // Autovacuum would do that: dead entries are of the day before, not of the size.
    await everywhere('vacuum')
    const began = performance.now()
    const seen = await log.plansOf(async () => {
      await liveADay(place(), DAY_TO_SEE, seed++)
      unread = await readEverything(place())
    })
    plans.set(state, seen)
    say(
      `${orders} orders, ${state}: ${seen.length} plans in ${Math.round((performance.now() - began) / 1_000)} s`,
    )
  }
  try {
    await beginLogAt(database, FIRST_POSITION)
    await liveADay(place(), DAY_TO_COPY, seed++)
    // Plans of the small shop are made with what PostgreSQL knows of a small shop.
    await everywhere('analyze')
    await liveADay(place(), DAY_TO_SEE, seed++)
    await readEverything(place())
    await growTo(orders, database, say)
    await see('grown')
    await shop.stop()
    await everywhere('delete from pg_statistic')
    await everywhere(FORGET)
    shop = await startShopPatiently({ start: 'node', dataFolder })
    await see('fresh')
    await everywhere('analyze')
    await see('analysed')
    return { orders, plans, unread }
  } finally {
    await shop.stop()
  }
}

/** As if so many events had been there before: their ranges are, and everybody has passed them. */
async function beginLogAt(database: Database, position: number): Promise<void> {
  const client = new Client({ connectionString: database.url(SHOP), application_name: OURSELVES })
  await client.connect()
  try {
    await client.query(`select setval('archipel_bus.positions', $1)`, [position])
    await client.query(
      `select archipel_bus.make_range('log', null, number) from generate_series(1, $1 / 1000000 + 1) as number`,
      [position],
    )
    await client.query(
      `update archipel_bus.subscriptions set from_position = $1, counted_to = $1, type_marks = array_fill($1::bigint, array[cardinality(types)])`,
      [position],
    )
  } finally {
    await client.end()
  }
}

async function growTo(orders: number, database: Database, say: (text: string) => void): Promise<void> {
  const began = performance.now()
  const [row] = await database.ask(SHOP, 'select count(*)::int as orders from orders.orders')
  const copies = Math.ceil(orders / Number(row?.['orders'])) - 1
  for (const name of [SHOP, PROVIDER]) await grow({ databaseUrl: database.url(name), copies, leave: LEFT })
  const [size] = await database.ask(
    SHOP,
    `select pg_size_pretty(sum(pg_database_size(oid))) as size from pg_database`,
  )
  const seconds = Math.round((performance.now() - began) / 1_000)
  say(`grown to ${orders} orders, ${String(size?.['size'])}, in ${seconds} s`)
}
