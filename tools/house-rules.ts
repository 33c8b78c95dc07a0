// The rules of the house that the linter can't express, and the longest files and functions of the day.
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { readModules, type SourceModule } from './house-rules/modules.ts'
import { unreached, violations } from './house-rules/rules.ts'

const root = join(import.meta.dirname, '..')
/** What `packages/archipel/bin/archipel.mjs` runs. */
const COMMAND = 'packages/archipel/src/cli/main.ts'
const modules = readModules(root)
const doors = readDoors()
const found = [
  ...violations(modules, new Set(doors.keys())),
  ...unreached(modules, [...doors.values(), COMMAND]),
]

printLongest(modules.filter(({ path }) => !/\.(test|test-d|fixture)\.ts$/.test(path)))
console.log(`\n${modules.length} modules, ${found.length} broken rules`)
for (const line of found) console.error(line)
if (found.length > 0) process.exitCode = 1

/** The names under which users import the framework, each with the file behind it. */
function readDoors(): Map<string, string> {
  const { exports } = JSON.parse(readFileSync(join(root, 'packages/archipel/package.json'), 'utf8')) as {
    exports: Record<string, { readonly 'archipel-source': string } | string>
  }
  return new Map(
    Object.entries(exports).map(([name, door]) => [
      name.replace('.', 'archipel'),
      posix.join('packages/archipel', typeof door === 'string' ? door : door['archipel-source']),
    ]),
  )
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
