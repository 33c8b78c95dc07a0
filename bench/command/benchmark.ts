import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCandidate, type Candidate } from '../harness/candidate.ts'
import { openDatabase, type Database } from '../harness/database.ts'
import { CLIENT_CORE, SERVER_CORE, versionOf } from '../harness/machine.ts'
import { figures, OURS, wanted, type Benchmark, type Report, type RunOptions } from '../harness/report.ts'
import { alternate, median, spread } from '../harness/rounds.ts'
import { makeScratch } from '../harness/scratch.ts'
import { amountOf, type LoadRequest, type LoadResult } from './load.ts'

const BY_HAND = 'by hand'
const CONCURRENCY = 16
const HANDLED_WITHIN_MS = 60_000
const CANDIDATES = [
  { name: OURS, file: 'ours.ts', database: 'ours' },
  { name: BY_HAND, file: 'by-hand.ts', database: 'by_hand' },
]

export const benchmark: Benchmark = {
  name: 'command',
  title: `One command with outbox, inbox and idempotency record, ${CONCURRENCY} at once, over HTTP; until its event was handled.`,
  run,
}

interface Side {
  readonly candidate: Candidate
  readonly database: string
  readonly url: string
  /** What its tables must hold by now. */
  commands: number
  amount: number
}

interface Round {
  readonly perSecond: number
  readonly answeredPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

async function run(options: RunOptions): Promise<Report> {
  await using scratch = await makeScratch('command')
  await using database = await openDatabase(join(scratch.folder, 'server'))
  const client = await startCandidate({
    name: 'client',
    module: new URL('load.ts', import.meta.url),
    core: CLIENT_CORE,
  })
  const sides: Side[] = []
  try {
    for (const { name, file, database: own } of wanted(CANDIDATES, options)) {
      await database.create(own)
      const env = { BENCH_DATABASE_URL: database.url(own), BENCH_DATA: join(scratch.folder, own) }
      const candidate = await startCandidate({
        name,
        module: new URL(file, import.meta.url),
        env,
        core: SERVER_CORE,
      })
      sides.push({
        candidate,
        database: own,
        url: await candidate.ask<string>('url'),
        commands: 0,
        amount: 0,
      })
    }
    const commands = options.quick ? 2_000 : 20_000
    const rounds = options.quick ? 3 : 5
    await alternate(sides, 1, (side) =>
      measure(side, client, database, { commands: commands / 4, run: 'warm-up' }),
    )
    const results = await alternate(sides, rounds, (side, round) =>
      measure(side, client, database, { commands, run: `round-${round}` }),
    )
    return report(results, database, { commands, rounds })
  } finally {
    for (const { candidate } of sides) await candidate.stop()
    await client.stop()
  }
}

async function measure(
  side: Side,
  client: Candidate,
  database: Database,
  { commands, run }: { commands: number; run: string },
): Promise<Round> {
  const request: LoadRequest = {
    url: side.url,
    commands,
    concurrency: CONCURRENCY,
    run: `${side.database}-${run}`,
  }
  const handled = untilHandled(side, database, side.commands + commands)
  const [load, handledAt] = await Promise.all([client.ask<LoadResult>('load', request), handled])
  side.commands += commands
  side.amount += amountOf(commands)
  await checkBooks(side, database)
  return {
    perSecond: (commands / (Math.max(load.answeredAt, handledAt) - load.startedAt)) * 1000,
    answeredPerSecond: (commands / (load.answeredAt - load.startedAt)) * 1000,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
  }
}

/** Looks seldom: the look itself must not count. @returns when all was handled, in milliseconds since 1970. */
async function untilHandled(
  { candidate, database: own }: Side,
  database: Database,
  commands: number,
): Promise<number> {
  for (const startedAt = Date.now(); ;) {
    const [row] = await database.ask(own, 'select count(*)::text as lines from statements.lines')
    const at = Date.now()
    if (Number(row?.['lines']) >= commands) return at
    if (at - startedAt > HANDLED_WITHIN_MS)
      throw new Error(`${candidate.name} handled ${String(row?.['lines'])} of ${commands} events`)
    await sleep(100)
  }
}

/** Every command had its effect once, and so had its event, repeats included. */
async function checkBooks(
  { candidate, database: own, commands, amount }: Side,
  database: Database,
): Promise<void> {
  const [row] = await database.ask(
    own,
    `select (select count(*) from ledger.entries)::text as entries, (select sum(amount) from ledger.entries)::text as amount,
      (select count(*) from statements.lines)::text as lines,
      (select count(*) from ledger.entries e join statements.lines l on l.entry_id = e.id and l.account = e.account and l.amount = e.amount)::text as pairs`,
  )
  const found = JSON.stringify(row)
  const expected = JSON.stringify({
    entries: `${commands}`,
    amount: `${amount}`,
    lines: `${commands}`,
    pairs: `${commands}`,
  })
  if (found !== expected) throw new Error(`${candidate.name}: the books hold ${found}, not ${expected}`)
}

function report(
  results: ReadonlyMap<Side, readonly Round[]>,
  database: Database,
  { commands, rounds }: { commands: number; rounds: number },
): Report {
  const byName = new Map(
    [...results].map(([{ candidate }, list]) => [
      candidate.name,
      median(list.map(({ perSecond }) => perSecond)),
    ]),
  )
  const ours = byName.get(OURS)
  const byHand = byName.get(BY_HAND)
  return {
    name: benchmark.name,
    unit: 'commands/s',
    ...figures(byName, Math.round),
    ratio: ours === undefined || byHand === undefined ? undefined : ours / byHand,
    goal: 0.6,
    columns: ['candidate', 'commands/s', 'from – to', 'answered/s', 'p50 ms', 'p99 ms'],
    rows: [...results].map(([{ candidate }, list]) => [
      candidate.name,
      median(list.map(({ perSecond }) => perSecond)).toFixed(0),
      spread(list.map(({ perSecond }) => perSecond)),
      median(list.map(({ answeredPerSecond }) => answeredPerSecond)).toFixed(0),
      median(list.map(({ p50Ms }) => p50Ms)).toFixed(1),
      median(list.map(({ p99Ms }) => p99Ms)).toFixed(1),
    ]),
    notes: [
      `median of ${rounds} rounds of ${commands.toLocaleString('en')} commands; the clock stops when the last event was handled (looked at every 100 ms)`,
      'both on one embedded server, each in a database of its own; server process and client on a core each, PostgreSQL on both',
      'checked after every round: each entry and each line once, sums, repeated keys with the same answer and no effect',
      database.settings,
      versionOf('pg'),
    ],
  }
}
