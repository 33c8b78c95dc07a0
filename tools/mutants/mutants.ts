// `npm run mutants -- --ledger FILE [--seed N] [--count N]`: does the suite notice when the source is changed where it
// matters? Draws changes by a seed and writes them down before any run; then makes each in a copy of the repository and
// runs the tests, until the first failure: of all changes those that are related to the file, which is soon done; then the
// whole suite for what they let pass. Stop it and start it again with the same ledger: it goes on. `--equivalent NUMBER --why TEXT` sets one aside that changes nothing; the next is drawn.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { draw } from './draw.ts'
import { mutate, readSites, type Mutant } from './sites.ts'

type Result = 'caught by related tests' | 'caught by the suite' | 'never ends' | 'missed' | 'equivalent'

interface Entry extends Mutant {
  readonly number: number
  /** How it went; absent: not yet tried. */
  result?: Result
  /** The related tests let it pass, or were too many to end in time. */
  passedRelated?: true
  seconds?: number
  why?: string
}

interface Ledger {
  readonly seed: number
  readonly commit: string
  readonly count: number
  readonly entries: Entry[]
}

/** Equivalent ones are replaced by the next draw, so many at most. */
const SPARE = 10
const RELATED_WITHIN_MS = 300_000
const SUITE_WITHIN_MS = 1_800_000

const { values } = parseArgs({
  options: {
    ledger: { type: 'string' },
    seed: { type: 'string' },
    count: { type: 'string', default: '60' },
    equivalent: { type: 'string' },
    why: { type: 'string' },
  },
})
const root = join(import.meta.dirname, '../..')
const file = values.ledger
if (file === undefined) throw new Error('--ledger FILE is needed: it is what lets a run go on')
const ledger = existsSync(file) ? readLedger(file) : begin(file)

if (values.equivalent !== undefined) setAside(Number(values.equivalent), values.why ?? '')
else tryAll()

function readLedger(from: string): Ledger {
  return JSON.parse(readFileSync(from, 'utf8'))
}

function save(): void {
  writeFileSync(file ?? '', `${JSON.stringify(ledger, null, 2)}\n`)
}

function begin(to: string): Ledger {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32))
  const count = Number(values.count)
  const commit = git(root, 'rev-parse', 'HEAD')
  const entries = draw(readSites(root), seed, count + SPARE).map((mutant, at) => ({
    number: at + 1,
    ...mutant,
  }))
  const made = { seed, commit, count, entries }
  writeFileSync(to, `${JSON.stringify(made, null, 2)}\n`)
  return made
}

function setAside(number: number, why: string): void {
  const entry = ledger.entries.find((one) => one.number === number)
  if (entry === undefined || why === '')
    throw new Error('--equivalent takes a number of the ledger, and --why a reason')
  entry.result = 'equivalent'
  entry.why = why
  save()
}

function tryAll(): void {
  const copy = mkdtempSync(join(tmpdir(), 'archipel-mutants-'))
  try {
    git(copy, 'clone', '--quiet', root, '.')
    git(copy, 'checkout', '--quiet', ledger.commit)
    tell(copy, process.execPath, 'tools/bootstrap.mjs')
    for (const entry of wanted())
      if (entry.result === undefined && entry.passedRelated === undefined) tryOne(copy, entry, withRelated)
    for (const entry of wanted()) if (entry.result === undefined) tryOne(copy, entry, withSuite)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
  const tried = wanted()
  const caught = tried.filter(({ result }) => result !== 'missed').length
  console.log(`seed ${ledger.seed}: ${caught} of ${tried.length} caught`)
}

/** As many as were asked for, those that change nothing left out. */
function wanted(): Entry[] {
  return ledger.entries.filter(({ result }) => result !== 'equivalent').slice(0, ledger.count)
}

function tryOne(
  copy: string,
  entry: Entry,
  judge: (copy: string, entry: Entry) => Result | 'passed related',
): void {
  const path = join(copy, entry.path)
  const source = readFileSync(path, 'utf8')
  const began = performance.now()
  writeFileSync(path, mutate(source, entry))
  let outcome: ReturnType<typeof judge>
  try {
    outcome = judge(copy, entry)
  } finally {
    writeFileSync(path, source)
  }
  if (outcome === 'passed related') entry.passedRelated = true
  else entry.result = outcome
  entry.seconds = (entry.seconds ?? 0) + Math.round((performance.now() - began) / 1000)
  save()
  console.log(`${entry.number}. ${entry.path}:${entry.line} ${entry.kind}: ${outcome} (${entry.seconds} s)`)
}

function withRelated(copy: string, { path }: Entry): Result | 'passed related' {
  const outcome = run(copy, ['related', path, '--run'], RELATED_WITHIN_MS)
  return outcome === 'failed' ? 'caught by related tests' : 'passed related'
}

function withSuite(copy: string): Result {
  const outcome = run(copy, ['run'], SUITE_WITHIN_MS)
  if (outcome === 'late') return 'never ends'
  return outcome === 'passed' ? 'missed' : 'caught by the suite'
}

function run(copy: string, args: readonly string[], withinMs: number): 'passed' | 'failed' | 'late' {
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs')
  const { status, error } = spawnSync(process.execPath, [vitest, ...args, '--bail=1', '--reporter=dot'], {
    cwd: copy,
    stdio: 'ignore',
    timeout: withinMs,
    killSignal: 'SIGINT',
  })
  if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT') return 'late'
  return status === 0 ? 'passed' : 'failed'
}

function git(cwd: string, ...args: string[]): string {
  return tell(cwd, 'git', ...args)
}

function tell(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}
