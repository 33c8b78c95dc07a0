import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../harness/database.ts'
import { CLIENT_CORE, SERVER_CORE, versionOf } from '../harness/machine.ts'
import { familyProcessorMs, processorMs } from '../harness/processes.ts'
import type { Benchmark, Report, RunOptions } from '../harness/report.ts'
import { median, spread } from '../harness/rounds.ts'
import { makeScratch } from '../harness/scratch.ts'
import { startShop } from '../harness/shop.ts'
import { runImporter, type ImportResult } from './importer.ts'

const GOAL_SECONDS = 60
const ROUNDS = 3
const FORTY_INVOICES = fileURLToPath(
  new URL('../../examples/boutique/import/fixture/forty-invoices.csv', import.meta.url),
)

export const benchmark: Benchmark = {
  name: 'import',
  title:
    'A month of real trade through the public API of the boutique in one process, from an empty shop until the last order and credit note has ended.',
  missing: (options) =>
    tradeFile(options) === undefined
      ? 'set ARCHIPEL_TRADE_FILE to the month of trade that the README names'
      : undefined,
  run,
}

interface Round extends ImportResult {
  readonly hostSeconds: number
  readonly postgresSeconds: number
}

async function run(options: RunOptions): Promise<Report> {
  const file = options.quick ? FORTY_INVOICES : process.env['ARCHIPEL_TRADE_FILE']
  if (file === undefined || !existsSync(file))
    throw new Error(
      'the benchmark import needs ARCHIPEL_TRADE_FILE: the month of trade that the README names',
    )
  const rounds: Round[] = []
  let settings = ''
  for (let round = 0; round < (options.quick ? 1 : ROUNDS); round++) {
    const measured = await measure(file)
    rounds.push(measured.round)
    settings = measured.settings
  }
  return report(rounds, settings)
}

function tradeFile({ quick }: RunOptions): string | undefined {
  const file = quick ? FORTY_INVOICES : process.env['ARCHIPEL_TRADE_FILE']
  return file !== undefined && existsSync(file) ? file : undefined
}

/** Each round has a shop of its own: the same file again would find everything there. */
async function measure(file: string): Promise<{ round: Round; settings: string }> {
  await using scratch = await makeScratch('import')
  const dataFolder = join(scratch.folder, 'data')
  // Started by us and joined by the shop, so that it isn't held to the shop's core.
  await using database = await openDatabase(dataFolder)
  const shop = await startShop({ start: 'node', dataFolder, core: SERVER_CORE })
  try {
    const processor = async () => ({
      host: await processorMs(shop.pid),
      postgres: await familyProcessorMs(database.process),
    })
    const before = await processor()
    const result = await runImporter({
      file,
      target: new URL(shop.api).origin,
      dataFolder,
      core: CLIENT_CORE,
    })
    const after = await processor()
    if (!result.report.agrees) throw new Error(`the books differ: ${JSON.stringify(result.report)}`)
    const round = {
      ...result,
      hostSeconds: (after.host - before.host) / 1_000,
      postgresSeconds: (after.postgres - before.postgres) / 1_000,
    }
    return { round, settings: database.settings }
  } finally {
    await shop.stop()
  }
}

function report(rounds: readonly Round[], settings: string): Report {
  const [first] = rounds
  if (!first) throw new Error('no round was measured')
  const middle = (read: (round: Round) => number) => median(rounds.map(read))
  const seconds = middle((round) => round.seconds)
  const line = (what: string, read: (round: Round) => number) => [
    what,
    middle(read).toFixed(1),
    spread(rounds.map(read), 1),
  ]
  const { invoices, lines, orders, creditNotes } = first.report.file
  return {
    name: benchmark.name,
    value: Math.round(seconds * 10) / 10,
    unit: 's',
    peers: {},
    ratio: GOAL_SECONDS / seconds,
    goal: 1,
    columns: ['archipel', 'median', 'from – to'],
    rows: [
      line('seconds, start of the importer to its end', (round) => round.seconds),
      ...[...first.parts.keys()].map((part) =>
        line(`seconds, ${part}`, (round) => round.parts.get(part) ?? 0),
      ),
      line('processor seconds, host', (round) => round.hostSeconds),
      line('processor seconds, PostgreSQL', (round) => round.postgresSeconds),
    ],
    notes: [
      `${rounds.length} rounds, each into an empty shop: ${invoices.toLocaleString('en')} invoices in ${lines.toLocaleString('en')} lines, of them ${orders.count.toLocaleString('en')} orders and ${creditNotes.count.toLocaleString('en')} credit notes; ratio is ${GOAL_SECONDS} s over value, as no peer does this job`,
      'host and importer on a core each, PostgreSQL on both; the card processor runs in the process of the host',
      'checked after every round: each order completed and each credit note settled, their sums those of the file to the penny',
      settings,
      versionOf('pg'),
    ],
  }
}
