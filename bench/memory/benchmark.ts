import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startCandidate } from '../harness/candidate.ts'
import { openDatabase } from '../harness/database.ts'
import { versionOf } from '../harness/machine.ts'
import { familyMemory } from '../harness/processes.ts'
import { figures, OURS, wanted, type Benchmark, type Report, type RunOptions } from '../harness/report.ts'
import { alternate, median, spread } from '../harness/rounds.ts'
import { makeScratch } from '../harness/scratch.ts'
import { startShop } from '../harness/shop.ts'
import { freePorts, startWebProcess } from '../harness/web-process.ts'
import type { OpenRequest, PlaceRequest } from '../orders/customers.ts'

const ORDERS = 1_000
/** By then connections that only the burst needed are closed: a pool keeps spare ones for ten seconds. */
const AT_REST_MS = 15_000
const WATT = 'Watt'
const wattpm = fileURLToPath(new URL('../node_modules/wattpm/bin/cli.js', import.meta.url))
const emptyWatt = fileURLToPath(new URL('../startup/watt', import.meta.url))

interface Candidate {
  readonly name: string
  readonly what: string
  /** @returns MiB of PSS, in parts. */
  measure(options: RunOptions): Promise<readonly number[]>
}

const CANDIDATES: readonly Candidate[] = [
  {
    name: OURS,
    what: `the whole boutique after 1,000 orders, ${AT_REST_MS / 1_000} s after the last: host, PostgreSQL`,
    measure: (options) => measureShop(options, AT_REST_MS),
  },
  {
    name: `${OURS}, at the last order`,
    what: 'the same at the moment when the last of them is completed',
    measure: (options) => measureShop(options, 0),
  },
  { name: WATT, what: 'one empty service after its first answer', measure: measureWatt },
]

export const benchmark: Benchmark = {
  name: 'memory',
  title: `Memory of the whole boutique in one process after ${ORDERS.toLocaleString('en')} orders, PostgreSQL, card processor and mailbox included.`,
  run,
}

async function run(options: RunOptions): Promise<Report> {
  const rounds = options.quick ? 1 : 3
  const results = await alternate(wanted(CANDIDATES, options), rounds, (candidate) =>
    candidate.measure(options),
  )
  const totals = (parts: readonly (readonly number[])[]) =>
    parts.map((round) => round.reduce((sum, part) => sum + part, 0))
  const byName = new Map([...results].map(([{ name }, parts]) => [name, median(totals(parts))]))
  const [ours, watt] = [byName.get(OURS), byName.get(WATT)]
  const { value, peers } = figures(byName, Math.round)
  return {
    name: benchmark.name,
    value,
    unit: 'MiB',
    peers,
    ratio: ours === undefined || watt === undefined ? undefined : watt / ours,
    goal: 1,
    columns: ['candidate', 'MiB', 'from – to', 'parts', 'what is measured'],
    rows: [...results].map(([{ name, what }, parts]) => [
      name,
      median(totals(parts)).toFixed(0),
      spread(totals(parts)),
      (parts[0] ?? [])
        .map((_, part) => median(parts.map((round) => round[part] ?? 0)).toFixed(0))
        .join(' + '),
      what,
    ]),
    notes: [
      `median of ${rounds} rounds; PSS of all processes: shared pages are counted once`,
      `orders 32 at once, each followed to its end; checked: every process that was started is gone after each round`,
      versionOf('wattpm'),
    ],
  }
}

async function measureShop({ quick }: RunOptions, restMs: number): Promise<readonly number[]> {
  await using scratch = await makeScratch('memory')
  const dataFolder = join(scratch.folder, 'data')
  await using database = await openDatabase(dataFolder)
  const shop = await startShop({ start: 'node', dataFolder })
  const customers = await startCandidate({
    name: 'customers',
    module: new URL('../orders/customers.ts', import.meta.url),
  })
  try {
    const open: OpenRequest = {
      api: shop.api,
      dataFolder,
      databaseUrl: database.url('boutique'),
      customers: 16,
    }
    await customers.ask('open', open)
    const place: PlaceRequest = { orders: quick ? 100 : ORDERS, inFlight: 32, run: 'memory' }
    await customers.ask('place', place)
    await sleep(restMs)
    return await Promise.all([memoryOf(shop.pid), memoryOf(database.process)])
  } finally {
    await customers.stop()
    await shop.stop()
  }
}

async function measureWatt(): Promise<readonly number[]> {
  const port = await freePorts(1)
  const watt = await startWebProcess({
    name: WATT,
    command: [process.execPath, wattpm, 'start'],
    folder: emptyWatt,
    env: { PORT: String(port), NODE_ENV: 'production' },
    url: `http://127.0.0.1:${port}/hello`,
  })
  try {
    return [await memoryOf(watt.pid)]
  } finally {
    await watt.stop()
  }
}

async function memoryOf(root: number): Promise<number> {
  const memory = await familyMemory(root)
  if (memory === undefined) throw new Error('this system does not tell the memory of processes')
  return memory
}
