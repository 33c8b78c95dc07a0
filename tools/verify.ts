// `npm run verify [-- --without tests]`: everything that must hold before a commit, each step with its time.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const root = join(import.meta.dirname, '..')
const bin = (file: string) => join(root, 'node_modules', file)

interface Step {
  readonly name: string
  readonly command: readonly string[]
}

const steps: readonly Step[] = [
  { name: 'format', command: [bin('oxfmt/bin/oxfmt'), '--check'] },
  { name: 'lint', command: [bin('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'types', command: [bin('typescript/bin/tsc'), '--noEmit'] },
  { name: 'house rules', command: ['tools/house-rules.ts'] },
  { name: 'dead code', command: [bin('knip/bin/knip.js'), '--no-progress'] },
  { name: 'tests', command: [bin('vitest/vitest.mjs'), 'run'] },
]

const { values } = parseArgs({ options: { without: { type: 'string', multiple: true, default: [] } } })
const unknown = values.without.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) throw new Error(`no step is called ${unknown.join(', ')}`)

const results = []
for (const step of steps.filter(({ name }) => !values.without.includes(name))) {
  console.log(`\n── ${step.name}`)
  const started = performance.now()
  const exitCode = await run(step.command)
  results.push({ ...step, exitCode, seconds: (performance.now() - started) / 1000 })
}

console.log()
for (const { name, exitCode, seconds } of results) {
  console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s  ${name}`)
}
if (results.some(({ exitCode }) => exitCode !== 0)) process.exitCode = 1

function run(command: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...command], { cwd: root, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
