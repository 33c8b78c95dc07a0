import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startCandidate } from '../harness/candidate.ts'
import { CLIENT_CORE, SERVER_CORE } from '../harness/machine.ts'
import type { Benchmark, Report, RunOptions } from '../harness/report.ts'
import { makeScratch } from '../harness/scratch.ts'
import { startShopPatiently } from '../harness/shop.ts'
import type { OpenRequest } from '../orders/customers.ts'
import { flameGraph, sharesOf, type Profile } from './flame.ts'
import { connectProbe, type HostProbe, type Measured } from './host-probe.ts'
import { bytesOf, type Sampling } from './allocations.ts'
import { priceRows, type Price } from './price-rows.ts'
import { countStatements, openCountingDatabase, type ServerMeasured } from './server-statistics.ts'
import { worksOf, type Work } from './work.ts'

/** What an order took of the processor when it was measured for the first time: host and PostgreSQL. */
const AT_FIRST_MS = 8.6 + 16

const BENCH = fileURLToPath(new URL('..', import.meta.url))

export const benchmark: Benchmark = {
  name: 'price',
  title:
    'What one order, one query and one event cost, room by room: processor, allocations, statements, round trips, transactions, bytes.',
  run,
}

async function run(options: RunOptions): Promise<Report> {
  await using scratch = await makeScratch('price')
  const dataFolder = join(scratch.folder, 'data')
  await using database = await openCountingDatabase(dataFolder)
  // Short, as paths of sockets are limited.
  const probePath = join(tmpdir(), `archipel-bench-${process.pid}.probe`)
  const probeFile = new URL('probe.ts', import.meta.url).href
  const env = { BENCH_PROBE: probePath, NODE_OPTIONS: `--import=${probeFile}` }
  const shop = await startShopPatiently({ start: 'node', dataFolder, core: SERVER_CORE, env })
  const customers = await startCandidate({
    name: 'customers',
    module: new URL('../orders/customers.ts', import.meta.url),
    core: CLIENT_CORE,
  })
  const probe = await connectProbe(probePath, scratch.folder)
  try {
    const databaseUrl = database.url('boutique')
    const open: OpenRequest = { api: shop.api, dataFolder, databaseUrl, customers: 16 }
    await customers.ask('open', open)
    const { works, close } = await worksOf({
      api: shop.api,
      dataFolder,
      databaseUrl,
      customers,
      quick: options.quick,
    })
    // Those of a quick run show nothing to keep.
    const graphs = options.quick ? scratch.folder : BENCH
    const prices: Price[] = []
    for (const work of works) {
      await work.run(Math.ceil(work.times / 4))
      prices.push(await priceOf(work, { probe, graphs }, (doing) => countStatements(database, doing)))
    }
    await close()
    return report(prices, database.settings)
  } finally {
    probe.close()
    await customers.stop()
    await shop.stop()
  }
}

/** First without a profile, whose work would be part of what is measured; then for each profile. */
async function priceOf(
  work: Work,
  { probe, graphs }: { readonly probe: HostProbe; readonly graphs: string },
  count: (doing: () => Promise<void>) => Promise<ServerMeasured>,
): Promise<Price> {
  const { promise, resolve } = Promise.withResolvers<Measured>()
  const server = await count(async () => resolve(await probe.during('plain', () => work.run(work.times))))
  const host = await promise
  const half = Math.ceil(work.times / 2)
  const { profile } = await probe.during('processor', () => work.run(half))
  const title = `${work.what}: ${(host.processorMs / work.times).toFixed(2)} ms of the host's processor`
  await writeFile(join(graphs, `price-${work.file}.svg`), flameGraph(profile as Profile, title))
  const allocated = await probe.during('allocations', () => work.run(half))
  return {
    work,
    host,
    shares: sharesOf(profile as Profile),
    server,
    allocated: bytesOf(allocated.profile as Sampling, half),
  }
}

function report(prices: readonly Price[], settings: string): Report {
  const [order] = prices
  if (order === undefined) throw new Error('nothing was measured')
  const value = (order.host.processorMs + order.server.processorMs) / order.work.times
  return {
    name: benchmark.name,
    value: Math.round(value * 10) / 10,
    unit: 'ms of processor per order',
    peers: {},
    ratio: AT_FIRST_MS / value,
    goal: 1,
    columns: [
      'one',
      'room',
      'host ms',
      'with what it calls',
      'kB allocated',
      'statements',
      'nested',
      'PostgreSQL ms',
      'WAL kB',
      'round trips',
      'transactions',
      'kB sent',
      'kB received',
    ],
    rows: prices.flatMap(priceRows),
    notes: [
      ...prices.map(({ work }) => `${work.name}: ${work.what}; ${work.times.toLocaleString('en')} times`),
      `ratio is what an order cost when it was first measured (${AT_FIRST_MS} ms) over value`,
      'host ms: its processor time, by the shares of a profile\'s samples (idle ones left out); "with what it calls" counts libraries, runtime and collector for the room that called them',
      'PostgreSQL ms of a room: planning and execution of its top-level statements, waits included; of the whole: processor time of the server and its backends',
      'round trips, transactions and bytes are those of the connections of a service, whichever room sent them; polling while it lasted is part of everything',
      'flame graphs: `bench/price-*.svg`, width is processor time, colour is the room',
      settings,
    ],
  }
}
