// The rules of the house that the linter can't express, and the longest files and functions of the day.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readModules, type SourceModule } from './house-rules/modules.ts'
import { violations } from './house-rules/rules.ts'

const root = join(import.meta.dirname, '..')
const modules = readModules(root)
const found = violations(modules, doors())

printLongest(modules.filter(({ path }) => !/\.(test|test-d|fixture)\.ts$/.test(path)))
console.log(`\n${modules.length} modules, ${found.length} broken rules`)
for (const line of found) console.error(line)
if (found.length > 0) process.exitCode = 1

/** The names under which users import the framework: the keys of its exports. */
function doors(): Set<string> {
  const manifest = JSON.parse(readFileSync(join(root, 'packages/archipel/package.json'), 'utf8')) as {
    exports: Record<string, unknown>
  }
  return new Set(Object.keys(manifest.exports).map((key) => key.replace('.', 'archipel')))
}

function printLongest(sources: readonly SourceModule[]): void {
  const files = sources.map(({ path, lines }) => ({ lines, where: path }))
  const functions = sources.flatMap(({ path, functions: own }) =>
    own.map(({ name, line, lines }) => ({ lines, where: `${path}:${line} ${name}` })),
  )
  printTop('longest files', files)
  printTop('longest functions', functions)
}

function printTop(title: string, entries: readonly { lines: number; where: string }[]): void {
  console.log(title)
  for (const { lines, where } of entries.toSorted((a, b) => b.lines - a.lines).slice(0, 10)) {
    console.log(`${String(lines).padStart(6)}  ${where}`)
  }
}
