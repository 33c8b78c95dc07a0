// `npm run patterns [-- NAME…]`: runs the command of each page under docs/patterns and prints which patterns were shown.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const LIMIT_MS = 240_000
const LAST_LINES = 12

const root = join(import.meta.dirname, '..')
const folder = join(root, 'docs', 'patterns')

interface Pattern {
  readonly name: string
  /** Of its page; none: it is not shown yet. */
  readonly page: string | undefined
  readonly state: string
}

interface Shown {
  readonly ok: boolean
  readonly seconds: number
  readonly output: string
}

/** The rows of the index: `| name | [shown](page.md) |` or `| name | planned: part |`. */
function readIndex(): Pattern[] {
  const rows = readFileSync(join(folder, 'README.md'), 'utf8').matchAll(
    /^\| (?!pattern |---)(.+?) \| (.+?) \|$/gm,
  )
  return [...rows].map(([, name = '', state = '']) => ({
    name,
    state,
    page: /^\[shown\]\((.+)\.md\)$/.exec(state)?.[1],
  }))
}

function commandOf(page: string): string {
  const command = /```sh\n(npm .+)\n```/.exec(readFileSync(join(folder, `${page}.md`), 'utf8'))?.[1]
  if (command === undefined) throw new Error(`docs/patterns/${page}.md has no command`)
  return command
}

function run(command: string): Promise<Shown> {
  const began = performance.now()
  const [program = '', ...args] = command.split(' ')
  // A group of its own, so that the end of its time is the end of all that it started.
  const child = spawn(program, args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const timer = setTimeout(() => {
    output += `\n(stopped after ${LIMIT_MS / 1000} s)`
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, LIMIT_MS)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ ok: code === 0, seconds: (performance.now() - began) / 1000, output })
    })
  })
}

const patterns = readIndex()
const pages = new Set(patterns.flatMap(({ page }) => page ?? []))
const unlisted = readdirSync(folder).filter(
  (file) => file !== 'README.md' && !pages.has(file.replace('.md', '')),
)
if (unlisted.length > 0) throw new Error(`the index of docs/patterns does not name ${unlisted.join(', ')}`)

const wanted = new Set(process.argv.slice(2))
const unknown = [...wanted].filter((name) => !pages.has(name))
if (unknown.length > 0)
  throw new Error(`no page shows ${unknown.join(', ')}; there are ${[...pages].join(', ')}`)

const seen = new Map<string, Shown>()
for (const page of pages) {
  if (wanted.size > 0 && !wanted.has(page)) continue
  const shown = await run(commandOf(page))
  seen.set(page, shown)
  console.log(`${shown.ok ? 'shown ' : 'FAILED'} ${shown.seconds.toFixed(1).padStart(6)} s  ${page}`)
  if (!shown.ok)
    console.log(shown.output.trimEnd().split('\n').slice(-LAST_LINES).join('\n').replaceAll(/^/gm, '    '))
}

console.log()
for (const { name, page, state } of patterns) {
  const shown = page === undefined ? undefined : seen.get(page)
  if (page !== undefined && !shown) continue
  if (page === undefined && wanted.size > 0) continue
  const verdict = !shown ? 'not yet' : shown.ok ? 'shown' : 'FAILED'
  console.log(`${verdict.padEnd(8)} ${name}${page === undefined ? ` (${state})` : ''}`)
}
const failed = [...seen.values()].filter(({ ok }) => !ok).length
console.log(
  `\n${seen.size - failed} shown, ${failed} failed, ${patterns.filter(({ page }) => page === undefined).length} not yet`,
)
if (failed > 0) process.exitCode = 1
