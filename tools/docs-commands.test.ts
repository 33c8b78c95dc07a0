import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createProgram } from '../packages/archipel/src/cli/program.ts'

const docs = join(import.meta.dirname, '../docs')
const pages = ['../README.md', ...readdirSync(docs, { recursive: true, encoding: 'utf8' })]
  .filter((page) => page.endsWith('.md'))
  .map((page) => ({ page, lines: commandsIn(readFileSync(join(docs, page), 'utf8')) }))
  .filter(({ lines }) => lines.length > 0)
const silent = { write: () => true }
const program = createProgram({
  stdout: silent,
  stderr: silent,
  standardInput: async () => '',
  variables: {},
  workingFolder: '/',
  fail: () => undefined,
})

/** The commands and the options of one line, as somebody copies it. */
function faultOf(line: string): string | undefined {
  const words = line.split(/\s+/)
  let command = program
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word)
    if (next === undefined) break
    command = next
  }
  if (command.commands.length > 0) return 'is no command'
  const known = [...program.options, ...command.options].map((option) => option.long)
  const unknown = words.find((word) => word.startsWith('--') && !known.includes(word))
  return unknown === undefined ? undefined : `${unknown} is no option of ${command.name()}`
}

function commandsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^npx archipel (.+)$/gm)].map(([, line = '']) => line)
}

test.each(pages)('$page names only commands and options that there are', ({ lines }) => {
  expect(lines.map((line) => [line, faultOf(line)]).filter(([, fault]) => fault !== undefined)).toEqual([])
})

test('an option that is not there is found', () => {
  expect(faultOf('saga retry orders.fulfilOrder 1 --because x')).toBe('--because is no option of retry')
  expect(faultOf('sagas list')).toBe('is no command')
})
