import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { versionOf } from '../harness/machine.ts'
import { familyProcessorMs, processorMs } from '../harness/processes.ts'
import { figures, OURS, wanted, type Benchmark, type Report, type RunOptions } from '../harness/report.ts'
import { alternate, median, spread } from '../harness/rounds.ts'
import { makeScratch } from '../harness/scratch.ts'
import type { PlaceRequest, PlaceResult } from './customers.ts'
import { BY_HAND, CANDIDATES, PROVIDER_DATABASE, SHOP_DATABASE, startSide, type Side } from './sides.ts'

const IN_FLIGHT = 32
const GOAL_PER_SECOND = 200
const ROUNDS = 3
/** PostgreSQL's own counters are up to a second behind. */
const COUNTERS_SETTLE_MS = 1_500
const CAUGHT_UP_WITHIN_MS = 30_000

export const benchmark: Benchmark = {
  name: 'orders',
  title: `Orders through the public API of the boutique in one process, from request to completed saga, card processor included; ${IN_FLIGHT} unfinished at any moment.`,
  run,
}

interface Round {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly hostMs: number
  readonly postgresMs: number
  readonly shopTransactions: number
  readonly providerTransactions: number
  /** Of two for each order; the others follow. */
  readonly letters: number
}

async function run(options: RunOptions): Promise<Report> {
  await using scratch = await makeScratch('orders')
  await using started = new AsyncDisposableStack()
  const sides: Side[] = []
  for (const [number, candidate] of wanted(CANDIDATES, options).entries())
    sides.push(started.use(await startSide(candidate, join(scratch.folder, String(number)))))
  const orders = options.quick ? 200 : 3_000
  await alternate(sides, 1, (side) =>
    measure(side, { orders: orders / 4, inFlight: IN_FLIGHT, run: 'warm-up' }),
  )
  const results = await alternate(sides, ROUNDS, (side, round) =>
    measure(side, { orders, inFlight: IN_FLIGHT, run: `round-${round}` }),
  )
  return report(results, orders)
}

async function measure(side: Side, request: PlaceRequest): Promise<Round> {
  const { shop, database, customers } = side
  await sleep(COUNTERS_SETTLE_MS)
  const before = await counters(side)
  const result = await customers.ask<PlaceResult>('place', request)
  const after = { host: await processorMs(shop.pid), postgres: await familyProcessorMs(database.process) }
  const letters = (await lettersSent(database)) - side.orders * 2
  await sleep(COUNTERS_SETTLE_MS)
  const { shopCommits, providerCommits } = await counters(side)
  side.orders += request.orders
  side.total += result.total
  await checkBooks(side)
  return {
    perSecond: request.orders / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    hostMs: (after.host - before.host) / request.orders,
    postgresMs: (after.postgres - before.postgres) / request.orders,
    shopTransactions: (shopCommits - before.shopCommits - result.looks) / request.orders,
    providerTransactions: (providerCommits - before.providerCommits) / request.orders,
    letters: letters / request.orders,
  }
}

async function counters({ shop, database }: Side) {
  const rows = await database.ask(
    'postgres',
    'select datname, xact_commit::text as commits from pg_stat_database',
  )
  const commitsOf = (name: string) => Number(rows.find(({ datname }) => datname === name)?.['commits'])
  return {
    shopCommits: commitsOf(SHOP_DATABASE),
    providerCommits: commitsOf(PROVIDER_DATABASE),
    host: await processorMs(shop.pid),
    postgres: await familyProcessorMs(database.process),
  }
}

async function lettersSent(database: Side['database']): Promise<number> {
  const [row] = await database.ask(
    SHOP_DATABASE,
    'select count(*)::text as letters from notifications.notifications where ended_at is not null',
  )
  return Number(row?.['letters'])
}

/**
 * Every order completed once, goods and money accordingly, in the shop's books and in those of the card processor; and,
 * as soon as consumers have caught up, told of twice, sold and reported.
 */
async function checkBooks({ name, database, orders, total }: Side): Promise<void> {
  const expected = {
    completed: orders,
    orders,
    total,
    sold_too_much: 0,
    uneven_stock: 0,
    captured: total,
    letters: orders * 2,
    reported: orders,
    revenue: total,
    purchases: orders,
    taken: total,
    captures: orders,
  }
  for (const startedAt = performance.now(); ; await sleep(200)) {
    const found = await booksOf(database)
    const wrong = Object.entries(expected).filter(([what, value]) => found[what] !== String(value))
    if (wrong.length === 0) return
    if (performance.now() - startedAt > CAUGHT_UP_WITHIN_MS)
      throw new Error(`${name}: the books hold ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`)
  }
}

async function booksOf(database: Side['database']): Promise<Record<string, unknown>> {
  const [row] = await database.ask(
    SHOP_DATABASE,
    `select (select count(*) from orders.orders where status = 'completed')::text as completed,
      (select count(*) from orders.orders)::text as orders,
      (select sum(total_amount) from orders.orders)::text as total,
      (select coalesce(sum(sold), 0) - (select sum(quantity) from orders.order_lines) from inventory.stock)::text as sold_too_much,
      (select count(*) from inventory.stock where reserved <> 0 or received <> available + sold)::text as uneven_stock,
      (select sum(amount) from payments.payments where status = 'captured')::text as captured,
      (select count(*) from notifications.notifications where status = 'sent')::text as letters,
      (select sum(documents) from reports.revenue where dimension = 'day')::text as reported,
      (select sum(amount) from reports.revenue where dimension = 'product')::text as revenue,
      (select count(distinct order_id) from reviews.purchases where completed)::text as purchases`,
  )
  const [processor] = await database.ask(
    PROVIDER_DATABASE,
    'select sum(amount)::text as taken, count(*)::text as captures from provider.capture',
  )
  return { ...row, ...processor }
}

function report(results: ReadonlyMap<Side, readonly Round[]>, orders: number): Report {
  const sides = [...results]
  const byName = new Map(
    sides.map(([{ name }, rounds]) => [name, median(rounds.map(({ perSecond }) => perSecond))]),
  )
  const [ours, byHand] = [byName.get(OURS), byName.get(BY_HAND)]
  const line = (what: string, read: (round: Round) => number, digits: number) => [
    what,
    ...sides.flatMap(([, rounds]) => [
      median(rounds.map(read)).toFixed(digits),
      spread(rounds.map(read), digits),
    ]),
  ]
  return {
    name: benchmark.name,
    unit: 'orders/s',
    ...figures(byName, Math.round),
    ratio: ours === undefined ? undefined : ours / GOAL_PER_SECOND,
    goal: 1,
    columns: ['', ...sides.flatMap(([{ name }]) => [name, 'from – to'])],
    rows: [
      line('orders/s', (round) => round.perSecond, 0),
      line('p50 ms, request to completed', (round) => round.p50Ms, 0),
      line('p99 ms, request to completed', (round) => round.p99Ms, 0),
      line('processor ms per order, host', (round) => round.hostMs, 2),
      line('processor ms per order, PostgreSQL', (round) => round.postgresMs, 2),
      line('transactions per order, shop', (round) => round.shopTransactions, 1),
      line('transactions per order, card processor', (round) => round.providerTransactions, 1),
      line('letters sent per order when the last one ends, of 2', (round) => round.letters, 1),
    ],
    notes: [
      `${ROUNDS} rounds of ${orders.toLocaleString('en')} orders of one to three lines for each, in turn; ratio is value over ${GOAL_PER_SECOND}/s`,
      ...(ours === undefined || byHand === undefined
        ? []
        : [
            `by hand is the limit: the same job, promises, tables and events in hand-written SQL without a framework; we reach ${Math.round((ours / byHand) * 100)} % of it`,
          ]),
      'an order has ended when another session sees it in the database (looked at every 20 ms); host and customers on a core each, PostgreSQL on both; each shop has a server of its own and is idle while the other one is measured',
      'transactions are all commits of a database, polling included; the card processor and the mailbox run in the process of the host',
      'checked after every round: orders, stock, payments, letters, reports, purchases and the books of the card processor; every 50th order read through the API',
      ...sides.slice(0, 1).map(([{ database }]) => database.settings),
      versionOf('pg'),
    ],
  }
}
