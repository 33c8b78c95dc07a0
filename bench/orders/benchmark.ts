import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCandidate, type Candidate } from '../harness/candidate.ts'
import { openDatabase, type Database } from '../harness/database.ts'
import { CLIENT_CORE, SERVER_CORE, versionOf } from '../harness/machine.ts'
import { familyProcessorMs, processorMs } from '../harness/processes.ts'
import type { Benchmark, Report, RunOptions } from '../harness/report.ts'
import { median, spread } from '../harness/rounds.ts'
import { makeScratch } from '../harness/scratch.ts'
import { startShop } from '../harness/shop.ts'
import type { OpenRequest, PlaceRequest, PlaceResult } from './customers.ts'

const IN_FLIGHT = 32
const CUSTOMERS = 16
const GOAL_PER_SECOND = 200
/** The databases of the boutique's services and of the card processor, on one server. */
const SHOP_DATABASE = 'boutique'
const PROVIDER_DATABASE = 'boutique_provider'
/** PostgreSQL's own counters are up to a second behind. */
const COUNTERS_SETTLE_MS = 1_500

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
}

interface Parts {
  readonly shop: number
  readonly database: Database
  readonly customers: Candidate
}

interface Books {
  orders: number
  total: number
}

async function run(options: RunOptions): Promise<Report> {
  await using scratch = await makeScratch('orders')
  const dataFolder = join(scratch.folder, 'data')
  // Started by us and joined by the shop, so that it isn't held to the shop's core.
  await using database = await openDatabase(dataFolder)
  const shop = await startShop({ start: 'node', dataFolder, core: SERVER_CORE })
  let customers: Candidate | undefined
  try {
    customers = await startCandidate({
      name: 'customers',
      module: new URL('customers.ts', import.meta.url),
      core: CLIENT_CORE,
    })
    const open: OpenRequest = {
      api: shop.api,
      dataFolder,
      databaseUrl: database.url(SHOP_DATABASE),
      customers: CUSTOMERS,
    }
    await customers.ask('open', open)
    const orders = options.quick ? 200 : 3_000
    const books: Books = { orders: 0, total: 0 }
    const parts = { shop: shop.pid, database, customers }
    await measure(parts, books, { orders: orders / 4, inFlight: IN_FLIGHT, run: 'warm-up' })
    const rounds: Round[] = []
    for (let round = 0; round < 3; round++) {
      rounds.push(await measure(parts, books, { orders, inFlight: IN_FLIGHT, run: `round-${round}` }))
    }
    return report(rounds, orders, database)
  } finally {
    await customers?.stop()
    await shop.stop()
  }
}

async function measure(
  { shop, database, customers }: Parts,
  books: Books,
  request: PlaceRequest,
): Promise<Round> {
  await sleep(COUNTERS_SETTLE_MS)
  const before = await counters(shop, database)
  const result = await customers.ask<PlaceResult>('place', request)
  const after = { host: await processorMs(shop), postgres: await familyProcessorMs(database.process) }
  await sleep(COUNTERS_SETTLE_MS)
  const { shopCommits, providerCommits } = await counters(shop, database)
  books.orders += request.orders
  books.total += result.total
  await checkBooks(database, books)
  return {
    perSecond: request.orders / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    hostMs: (after.host - before.host) / request.orders,
    postgresMs: (after.postgres - before.postgres) / request.orders,
    shopTransactions: (shopCommits - before.shopCommits - result.looks) / request.orders,
    providerTransactions: (providerCommits - before.providerCommits) / request.orders,
  }
}

async function counters(shop: number, database: Database) {
  const rows = await database.ask(
    'postgres',
    'select datname, xact_commit::text as commits from pg_stat_database',
  )
  const commitsOf = (name: string) => Number(rows.find(({ datname }) => datname === name)?.['commits'])
  return {
    shopCommits: commitsOf(SHOP_DATABASE),
    providerCommits: commitsOf(PROVIDER_DATABASE),
    host: await processorMs(shop),
    postgres: await familyProcessorMs(database.process),
  }
}

/** Every order completed once, goods and money accordingly, in the shop's books and in those of the card processor. */
async function checkBooks(database: Database, { orders, total }: Books): Promise<void> {
  const [row] = await database.ask(
    SHOP_DATABASE,
    `select (select count(*) from orders.orders where status = 'completed')::text as completed,
      (select count(*) from orders.orders)::text as orders,
      (select sum(total_amount) from orders.orders)::text as total,
      (select coalesce(sum(sold), 0) - (select sum(quantity) from orders.order_lines) from inventory.stock)::text as sold_too_much,
      (select count(*) from inventory.stock where reserved <> 0 or received <> available + sold)::text as uneven_stock,
      (select sum(amount) from payments.payments where status = 'captured')::text as captured`,
  )
  const [processor] = await database.ask(
    PROVIDER_DATABASE,
    'select sum(amount)::text as taken, count(*)::text as captures from provider.capture',
  )
  const found: Record<string, unknown> = { ...row, ...processor }
  const expected = {
    completed: orders,
    orders,
    total,
    sold_too_much: 0,
    uneven_stock: 0,
    captured: total,
    taken: total,
    captures: orders,
  }
  const wrong = Object.entries(expected).filter(([name, value]) => found[name] !== String(value))
  if (wrong.length === 0) return
  throw new Error(`the books hold ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`)
}

function report(rounds: readonly Round[], orders: number, database: Database): Report {
  const middle = (read: (round: Round) => number) => median(rounds.map(read))
  const perSecond = middle((round) => round.perSecond)
  const line = (what: string, read: (round: Round) => number, digits: number) => [
    what,
    middle(read).toFixed(digits),
    spread(rounds.map(read), digits),
  ]
  return {
    name: benchmark.name,
    value: Math.round(perSecond),
    unit: 'orders/s',
    peers: {},
    ratio: perSecond / GOAL_PER_SECOND,
    goal: 1,
    columns: ['archipel', 'median', 'from – to'],
    rows: [
      line('orders/s', (round) => round.perSecond, 0),
      line('p50 ms, request to completed', (round) => round.p50Ms, 0),
      line('p99 ms, request to completed', (round) => round.p99Ms, 0),
      line('processor ms per order, host', (round) => round.hostMs, 2),
      line('processor ms per order, PostgreSQL', (round) => round.postgresMs, 2),
      line('transactions per order, shop', (round) => round.shopTransactions, 1),
      line('transactions per order, card processor', (round) => round.providerTransactions, 1),
    ],
    notes: [
      `${rounds.length} rounds of ${orders.toLocaleString('en')} orders of one to three lines; ratio is value over ${GOAL_PER_SECOND}/s, as no peer does this job`,
      'an order has ended when another session sees it in the database (looked at every 20 ms); host and customers on a core each, PostgreSQL on both',
      'transactions are all commits of a database, polling included; the card processor runs in the process of the host',
      'checked after every round: orders, stock, payments and the books of the card processor; every 50th order read through the API',
      database.settings,
      versionOf('pg'),
    ],
  }
}
