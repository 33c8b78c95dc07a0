import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { versionOf } from '../harness/machine.ts'
import { familyMemory } from '../harness/processes.ts'
import { figures, OURS, wanted, type Benchmark, type Report, type RunOptions } from '../harness/report.ts'
import { alternate, median, spread } from '../harness/rounds.ts'
import { makeScratch } from '../harness/scratch.ts'
import { startShop, type ShopStart } from '../harness/shop.ts'
import { freePorts, startWebProcess, type WebProcess } from '../harness/web-process.ts'

const NEST = 'NestJS'
const here = fileURLToPath(new URL('./', import.meta.url))
const wattpm = fileURLToPath(new URL('../node_modules/wattpm/bin/cli.js', import.meta.url))

interface Candidate {
  readonly name: string
  readonly what: string
  start(scratch: string): Promise<WebProcess>
}

const CANDIDATES: readonly Candidate[] = [
  shop(OURS, 'node'),
  shop('archipel, bootstrap', 'bootstrap'),
  shop('archipel, npm start', 'npm'),
  peer(NEST, 'nest.mjs'),
  peer('Moleculer + web', 'moleculer.mjs'),
  peer('Fastify', 'fastify.mjs'),
  peer('Watt', wattpm, ['start'], 'watt'),
]

export const benchmark: Benchmark = {
  name: 'startup',
  title:
    'From the spawn of the process to its first answered request; ours is the whole boutique with PostgreSQL and card processor, at its second start.',
  run,
}

function shop(name: string, start: ShopStart): Candidate {
  return {
    name,
    what: 'the whole boutique, PostgreSQL included',
    start: (scratch) =>
      startShop({
        start,
        dataFolder: join(scratch, 'data'),
        env: { NODE_COMPILE_CACHE: join(scratch, 'compiled') },
      }),
  }
}

function peer(name: string, file: string, args: readonly string[] = [], folder = ''): Candidate {
  return {
    name,
    what: 'one route',
    start: async (scratch) => {
      const port = await freePorts(1)
      return startWebProcess({
        name,
        command: [process.execPath, resolve(here, file), ...args],
        folder: join(here, folder),
        env: { PORT: String(port), NODE_ENV: 'production', NODE_COMPILE_CACHE: join(scratch, 'compiled') },
        url: `http://127.0.0.1:${port}/hello`,
      })
    },
  }
}

interface Start {
  readonly milliseconds: number
  readonly memory: number | undefined
}

async function run(options: RunOptions): Promise<Report> {
  await using scratch = await makeScratch('startup')
  const candidates = wanted(CANDIDATES, options)
  // The first start fills compile caches, makes our database and fills the shop: it is reported by nobody.
  await alternate(candidates, 1, (candidate) => measure(candidate, scratch.folder))
  const rounds = options.quick ? 3 : 9
  return report(
    await alternate(candidates, rounds, (candidate) => measure(candidate, scratch.folder)),
    rounds,
  )
}

async function measure(candidate: Candidate, scratch: string): Promise<Start> {
  const started = await candidate.start(scratch)
  try {
    return { milliseconds: started.firstAnswerMs, memory: await familyMemory(started.pid) }
  } finally {
    await started.stop()
  }
}

function report(results: ReadonlyMap<Candidate, readonly Start[]>, rounds: number): Report {
  const byName = new Map(
    [...results].map(([{ name }, starts]) => [name, median(starts.map(({ milliseconds }) => milliseconds))]),
  )
  const ours = byName.get(OURS)
  const nest = byName.get(NEST)
  const { value, peers } = figures(byName, Math.round)
  return {
    name: benchmark.name,
    value,
    unit: 'ms',
    // The other ways to start the boutique stand in the table; a peer is somebody else.
    peers: Object.fromEntries(Object.entries(peers).filter(([name]) => !name.startsWith(OURS))),
    ratio: ours === undefined || nest === undefined ? undefined : nest / ours,
    goal: 0.5,
    columns: ['candidate', 'ms', 'from – to', 'memory MiB', 'what starts'],
    rows: [...results].map(([{ name, what }, starts]) => [
      name,
      median(starts.map(({ milliseconds }) => milliseconds)).toFixed(0),
      spread(starts.map(({ milliseconds }) => milliseconds)),
      memoryOf(starts),
      what,
    ]),
    notes: [
      `median of ${rounds} starts in turn, after one that fills the compile cache (the same for all); asked every 2 ms until it answers 200`,
      'memory: PSS of all processes right after the first answer',
      'checked: every process that was started is gone after each round',
      [versionOf('@nestjs/core'), versionOf('moleculer-web'), versionOf('fastify'), versionOf('wattpm')].join(
        ', ',
      ),
    ],
  }
}

function memoryOf(starts: readonly Start[]): string {
  const known = starts.map(({ memory }) => memory).filter((memory) => memory !== undefined)
  return known.length === 0 ? '–' : median(known).toFixed(0)
}
