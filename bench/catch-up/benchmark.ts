import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCandidate, type Candidate } from '../harness/candidate.ts'
import { openDatabase, type Database } from '../harness/database.ts'
import { SERVER_CORE, versionOf } from '../harness/machine.ts'
import { figures, OURS, wanted, type Benchmark, type Report, type RunOptions } from '../harness/report.ts'
import { alternate, median, spread } from '../harness/rounds.ts'
import { makeScratch } from '../harness/scratch.ts'

const OURS_IN_PAGES = 'archipel in pages'
const BY_HAND = 'by hand'
const PIPELINED = 'by hand, no row awaited'
const ONE_STATEMENT = 'by hand, a page in one statement'
const HANDLED_WITHIN_MS = 300_000
const LOOK_EVERY_MS = 50

const CANDIDATES = [
  { name: OURS, file: 'ours.ts', database: 'ours', way: 'event' },
  { name: OURS_IN_PAGES, file: 'ours.ts', database: 'ours_in_pages', way: 'page' },
  { name: BY_HAND, file: 'by-hand.ts', database: 'by_hand', way: 'rows' },
  { name: PIPELINED, file: 'by-hand.ts', database: 'pipelined', way: 'pipeline' },
  { name: ONE_STATEMENT, file: 'by-hand.ts', database: 'one_statement', way: 'statement' },
]

export const benchmark: Benchmark = {
  name: 'catch-up',
  title:
    'A subscription that was away handles its backlog: for each event a row in a table of its own, each once, in order.',
  run,
}

/** What does the same, in the same form, by hand. */
const SAME_FORM = new Map([
  [OURS, BY_HAND],
  [OURS_IN_PAGES, ONE_STATEMENT],
])

interface Side {
  readonly candidate: Candidate
  readonly database: string
  /** What its table must hold by now. */
  lines: number
}

async function run(options: RunOptions): Promise<Report> {
  await using scratch = await makeScratch('catch-up')
  await using database = await openDatabase(join(scratch.folder, 'server'))
  const sides: Side[] = []
  try {
    for (const { name, file, database: own, way } of wanted(CANDIDATES, options)) {
      await database.create(own)
      const env = {
        BENCH_DATABASE_URL: database.url(own),
        BENCH_DATA: join(scratch.folder, own),
        BENCH_WAY: way,
      }
      const candidate = await startCandidate({
        name,
        module: new URL(file, import.meta.url),
        env,
        core: SERVER_CORE,
      })
      sides.push({ candidate, database: own, lines: 0 })
    }
    const events = options.quick ? 5_000 : 100_000
    const rounds = options.quick ? 1 : 3
    // Tables and the subscription are made by the first start.
    await alternate(sides, 1, (side) => measure(side, database, events / 10))
    const results = await alternate(sides, rounds, (side) => measure(side, database, events))
    return report(results, database, { events, rounds })
  } finally {
    for (const { candidate } of sides) await candidate.stop()
  }
}

/** Events per second, from the moment at which the subscriber looked. */
async function measure(side: Side, database: Database, events: number): Promise<number> {
  if (side.lines === 0) {
    await side.candidate.ask('open')
    await side.candidate.ask('away')
  }
  await writeBacklog(side, database, events)
  const startedAt = await side.candidate.ask<number>('open')
  side.lines += events
  const handledAt = await untilHandled(side, database)
  await side.candidate.ask('away')
  await checkBooks(side, database)
  return (events / (handledAt - startedAt)) * 1000
}

/** As publishers would have left it: positions from the sequence, in one log beside what is there. */
async function writeBacklog({ candidate, database: own, lines }: Side, database: Database, events: number) {
  const entry = (number: string) =>
    `jsonb_build_object('id', e.id, 'account', 'account-' || (${number} % 500), 'amount', ${number}, 'addedAt', '2026-01-01T00:00:00.000Z')`
  const source = `(select number, gen_random_uuid() as id from generate_series(${lines + 1}, ${lines + events}) number) e`
  await database.ask(
    own,
    SAME_FORM.has(candidate.name)
      ? `insert into archipel_bus.log (position, drawn, publisher, type, key, event)
         select p.position, p.position, 'ledger', 'ledger.entryAdded.v1', 'account-' || (p.number % 500),
           jsonb_build_object('id', p.id, 'data', p.data, 'time', '2026-01-01T00:00:00.000Z', 'correlationId', p.id)
         from (select nextval('archipel_bus.positions') as position, e.id, e.number, ${entry('e.number')} as data from ${source}) p`
      : `insert into bus.log (id, publisher, type, key, data, time, correlation_id)
         select gen_random_uuid(), 'ledger', 'ledger.entryAdded.v1', 'account-' || (e.number % 500), ${entry('e.number')}, now(), e.id::text
         from ${source}`,
  )
  await database.ask(own, 'checkpoint')
}

async function untilHandled({ candidate, database: own, lines }: Side, database: Database): Promise<number> {
  const position = SAME_FORM.has(candidate.name)
    ? 'select coalesce(max(position), 0)::text as done from statements.archipel_subscriptions'
    : 'select position::text as done from statements.subscriptions'
  const log = SAME_FORM.has(candidate.name) ? 'archipel_bus.log' : 'bus.log'
  const [last] = await database.ask(own, `select max(position)::text as last from ${log}`)
  for (const startedAt = Date.now(); ;) {
    const [row] = await database.ask(own, position)
    const at = Date.now()
    if (Number(row?.['done']) >= Number(last?.['last'])) return at
    if (at - startedAt > HANDLED_WITHIN_MS)
      throw new Error(`${candidate.name} is at ${String(row?.['done'])} with ${lines} events`)
    await sleep(LOOK_EVERY_MS)
  }
}

/** Every event had its effect once, in the order of the log. */
async function checkBooks({ candidate, database: own, lines }: Side, database: Database): Promise<void> {
  const [row] = await database.ask(
    own,
    `select count(*)::text as lines, sum(amount)::text as amount, count(*) filter (where amount <> before + 1)::text as disordered
     from (select amount, lag(amount, 1, 0) over (order by number) as before from statements.lines) l`,
  )
  const found = JSON.stringify(row)
  const expected = JSON.stringify({
    lines: `${lines}`,
    amount: `${(lines * (lines + 1)) / 2}`,
    disordered: '0',
  })
  if (found !== expected) throw new Error(`${candidate.name}: the books hold ${found}, not ${expected}`)
}

function report(
  results: ReadonlyMap<Side, readonly number[]>,
  database: Database,
  { events, rounds }: { events: number; rounds: number },
): Report {
  const byName = new Map([...results].map(([{ candidate }, list]) => [candidate.name, median(list)]))
  const ratioOf = (name: string) => {
    const [ours, byHand] = [byName.get(name), byName.get(SAME_FORM.get(name) ?? '')]
    return ours === undefined || byHand === undefined ? undefined : ours / byHand
  }
  const ratios = [...SAME_FORM.keys()].map(ratioOf).filter((ratio) => ratio !== undefined)
  return {
    name: benchmark.name,
    unit: 'events/s',
    ...figures(byName, Math.round),
    ratio: ratios.length > 0 ? Math.min(...ratios) : undefined,
    goal: 0.6,
    columns: ['candidate', 'events/s', 'from – to', 'backlog handled in s', 'of the same form by hand'],
    rows: [...results].map(([{ candidate }, list]) => [
      candidate.name,
      median(list).toFixed(0),
      spread(list),
      (events / median(list)).toFixed(1),
      ratioOf(candidate.name)?.toFixed(2) ?? '–',
    ]),
    notes: [
      `median of ${rounds} rounds of ${events.toLocaleString('en')} events; the clock runs from the moment at which the subscriber is up until its durable position has reached the last event (looked at every ${LOOK_EVERY_MS} ms)`,
      'by hand: read 100, insert 100 one after the other, their inbox marks, commit: what a handler for each event can rely on; beside it no row awaited, and all rows of a page in one statement with their marks, which is what a handler of pages writes',
      'the ratio is the lower one of our two forms to theirs',
      'all on one embedded server, each in a database of its own; one process at a time, held to one core, PostgreSQL on both',
      'checked after every round: each event once and in order, sums',
      database.settings,
      versionOf('pg'),
    ],
  }
}
