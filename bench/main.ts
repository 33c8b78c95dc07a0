// `npm run -s bench -- NAME … [--record] [--quick] [--only CANDIDATE,…]` measures what is named beside its peers, and
// with `--record` renews its part of results.md; without a name it measures all and writes the whole page.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { installPeers } from './harness/install.ts'
import { machine } from './harness/machine.ts'
import { jsonLine, markdown, table, type Benchmark, type Report, type RunOptions } from './harness/report.ts'

const NAMES = [
  'call-local',
  'catch-up',
  'command',
  'import',
  'memory',
  'orders',
  'price',
  'startup',
  'statements',
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const options: RunOptions = { quick: values.quick, only: values.only?.split(',') }
const unknown = positionals.filter((name) => !NAMES.includes(name))

if (values.help || unknown.length > 0) {
  console.error(
    `npm run -s bench -- [NAME …] [--record] [--quick] [--only CANDIDATE,…]\nNAME is one of: ${NAMES.join(', ')}`,
  )
  process.exit(values.help ? 0 : 2)
}

const RESULTS = new URL('results.md', import.meta.url)

await installPeers()
if (positionals.length === 0 || values.record) await record(positionals.length === 0 ? NAMES : positionals)
else for (const name of positionals) print(await (await load(name)).run(options))

async function load(name: string): Promise<Benchmark> {
  const module = (await import(`./${name}/benchmark.ts`)) as { benchmark: Benchmark }
  return module.benchmark
}

function print(report: Report): void {
  console.log(table(report.columns, report.rows))
  console.log(report.notes.map((note) => `- ${note}`).join('\n'))
  console.log(jsonLine(report))
}

/** Writes the page: what was measured now, and what it said before of all else. */
async function record(measured: readonly string[]): Promise<void> {
  const sections: string[] = []
  for (const name of NAMES) {
    if (!measured.includes(name)) {
      sections.push(...(await formerSection(name)))
      continue
    }
    const benchmark = await load(name)
    const missing = benchmark.missing?.(options)
    if (missing !== undefined) {
      console.error(`${name} IS LEFT OUT: ${missing}`)
      sections.push(...(await formerSection(name)))
      continue
    }
    const report = await benchmark.run(options)
    print(report)
    sections.push(markdown(benchmark, report))
  }
  // A quick run shows that everything works; its figures are none.
  if (options.quick || options.only !== undefined) return
  const page = [heading(), ...sections, ...(await longRun())].join('\n\n')
  await writeFile(RESULTS, `${page.trimEnd()}\n`)
}

/** What the page says of a benchmark that isn't run now, or can't be. */
async function formerSection(name: string): Promise<string[]> {
  const page = await readFile(RESULTS, 'utf8').catch(() => '')
  return page
    .split(/\n(?=## )/)
    .filter((section) => section.startsWith(`## ${name}\n`))
    .map((section) => section.trim())
}

/** What `npm run verify:long` wrote at the end of the page: it is kept. */
async function longRun(): Promise<string[]> {
  const page = await readFile(RESULTS, 'utf8').catch(() => '')
  const start = page.indexOf('## The long run')
  return start < 0 ? [] : [page.slice(start)]
}

function heading(): string {
  const facts = ['by `npm run bench`', ...machine()]
  return [
    '# Results',
    facts.map((fact) => `- ${fact}`).join('\n'),
    'Each benchmark runs us and our peers in turn (A B A B …) on the same machine in the same minutes and reports medians; absolute figures of other machines differ. `ratio` is ours over the first peer, more is better.',
  ].join('\n\n')
}
