// `npm run verify:long [-- --only TEXT] [--seed N]`: the full sizes of what `npm test` and the CI script run small. Takes
// about an hour and a half on two cores; each stage leaves its result in bench/results.md, so that it can be run in parts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

const RESULTS = new URL('../bench/results.md', import.meta.url)
const HEADING = '## The long run'

interface Run {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A planted bug must be found: the books have to disagree. */
  readonly mustFail?: boolean
}

interface Stage {
  readonly name: string
  readonly runs: readonly Run[]
}

const { values } = parseArgs({ options: { only: { type: 'string', default: '' }, seed: { type: 'string' } } })
const tradeFile = process.env['ARCHIPEL_TRADE_FILE']
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))

const drill = (...args: string[]): Run => ({ args: ['examples/boutique/drill/main.ts', ...args] })
const day = ['--kills', '20', '--orders', '1500', '--seed', String(seed)]
const smallDrills = (...further: string[]): Run[] =>
  [1, 2, 3, 4, 5].map((nth) =>
    drill('kill', '--kills', '3', '--orders', '120', '--seed', String(seed + nth), ...further),
  )

const stages: readonly Stage[] = [
  {
    name: 'order of commits, 60,000 events',
    runs: [
      {
        args: ['node_modules/vitest/vitest.mjs', 'run', 'packages/archipel/src/messaging/order-of-commits'],
        env: { ARCHIPEL_TEST_EVENTS: '60000' },
      },
    ],
  },
  {
    name: 'cancel against capture and against dispatch, 1,000 times each',
    runs: [
      {
        args: ['node_modules/vitest/vitest.mjs', 'run', 'examples/boutique/orders/cancellation/races'],
        env: { ARCHIPEL_TEST_RACES: '1000', ARCHIPEL_TEST_SEED: String(seed) },
      },
    ],
  },
  {
    name: 'the whole shop, 150 random sequences one after another and several at once',
    runs: [
      {
        args: ['node_modules/vitest/vitest.mjs', 'run', 'examples/boutique/whole-shop'],
        env: { ARCHIPEL_TEST_SHOP_RUNS: '150' },
      },
    ],
  },
  {
    name: 'a trade file of 300 MB',
    runs: [
      {
        args: ['node_modules/vitest/vitest.mjs', 'run', 'examples/boutique/import/reading/large-file'],
        env: { ARCHIPEL_TEST_MEGABYTES: '300' },
      },
    ],
  },
  {
    name: 'kill drill, 20 kills, 1,500 orders, trade imported meanwhile',
    runs: [drill('kill', ...day)],
  },
  {
    name: 'kill drill, 20 kills, 1,500 orders, a month of real trade imported meanwhile',
    // Loudly left out where there is no such file.
    runs: tradeFile === undefined ? [] : [drill('kill', ...day, '--trade', tradeFile)],
  },
  ...[
    'publish-after-commit',
    'acknowledge-before-commit',
    'no-inbox',
    'forgets-to-restock',
    'refund-without-key',
  ].map((sabotage) => ({
    name: `planted bug ${sabotage}, found in 5 of 5 seeds`,
    runs: smallDrills('--sabotage', sabotage).map((run) => ({ ...run, mustFail: true })),
  })),
  { name: 'no planted bug, the same 5 seeds', runs: smallDrills() },
  {
    name: 'fuzz, 20,000 requests made from the OpenAPI document',
    runs: [drill('fuzz', '--requests', '20000', '--seed', String(seed))],
  },
  { name: 'crash sweep, every moment of seventeen paths', runs: [drill('sweep', '--seed', String(seed))] },
]

async function passes({ args, env, mustFail = false }: Run): Promise<boolean> {
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  const [code] = await once(child, 'exit')
  return code === (mustFail ? 1 : 0)
}

/** Replaces the line of this stage, or adds it, in the section at the end of the page. */
async function note(stage: string, good: boolean, seconds: number): Promise<void> {
  const page = await readFile(RESULTS, 'utf8').catch(() => '')
  const start = page.indexOf(HEADING)
  const before = start < 0 ? page : page.slice(0, start)
  const rows = page.split('\n').filter((line) => start >= 0 && line.startsWith('| ') && isRow(line, stage))
  const date = new Date().toISOString().slice(0, 10)
  rows.push(`| ${stage} | ${good ? 'passed' : 'FAILED'} | ${seed} | ${date} | ${seconds.toFixed(0)} s |`)
  const table = ['| what | result | seed | date | duration |', '| --- | --- | --- | --- | --- |', ...rows]
  await writeFile(
    RESULTS,
    `${before.trimEnd()}\n\n${HEADING}\n\nBy \`npm run verify:long\`.\n\n${table.join('\n')}\n`,
  )
}

function isRow(line: string, stage: string): boolean {
  return stages.some(({ name }) => name !== stage && line.startsWith(`| ${name} |`))
}

console.log(`seed ${seed}`)
const chosen = stages.filter(({ name }) => name.includes(values.only))
const failed: string[] = []
for (const { name, runs } of chosen) {
  console.log(`\n── ${name}`)
  if (runs.length === 0) {
    console.log('LEFT OUT: set ARCHIPEL_TRADE_FILE to a trade file')
    continue
  }
  const began = performance.now()
  const results: boolean[] = []
  for (const run of runs) results.push(await passes(run))
  const good = results.every(Boolean)
  if (!good) failed.push(name)
  await note(name, good, (performance.now() - began) / 1000)
}
console.log(`\n${chosen.length - failed.length} passed, ${failed.length} failed`)
for (const name of failed) console.log(`  failed: ${name}`)
process.exitCode = failed.length === 0 ? 0 : 1
