import type { Command } from 'commander'
import { expect, test } from 'vitest'
import type { Io } from './io.ts'
import { createProgram } from './program.ts'
import { run } from './run.ts'

const nobody: Io = {
  stdout: { write: () => true },
  stderr: { write: () => true },
  standardInput: async () => '',
  variables: {},
  workingFolder: '/',
}

async function archipel(...argv: string[]): Promise<{ code: number; out: string; errors: string }> {
  let [out, errors] = ['', '']
  const code = await run(argv, {
    ...nobody,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (errors += text) },
  })
  return { code, out, errors }
}

/** Every command, those within groups too, by the words that it is called with. */
function wordsOf(command: Command): string[][] {
  return command.commands.flatMap((one) => [
    [one.name()],
    ...wordsOf(one).map((words) => [one.name(), ...words]),
  ])
}

const all = wordsOf(createProgram({ ...nobody, fail: () => undefined }))

test('groups and what is within them are known here', () => {
  expect(all).toEqual(expect.arrayContaining([['doctor'], ['contract'], ['contract', 'show']]))
})

test.each(all.map((words) => words.join(' ')))(
  '`archipel help %s` is the help of that command',
  async (line) => {
    const words = line.split(' ')
    const asked = await archipel('help', ...words)
    expect(asked).toEqual(await archipel(...words, '--help'))
    expect(asked).toMatchObject({ code: 0, errors: '' })
    expect(asked.out).toMatch(new RegExp(`^Usage: archipel ${line}(?: \\[| <|\\n)`))
  },
)

test('without a name it is the help of all, and a group knows what is within it', async () => {
  expect(await archipel('help')).toEqual(await archipel('--help'))
  expect(await archipel('contract', 'help', 'show')).toEqual(await archipel('contract', 'show', '--help'))
})

test.each([
  [['help', 'sagas'], "unknown command 'sagas'. Did you mean saga?"],
  [['help', 'contract', 'shwo'], "unknown command 'contract shwo'. Did you mean contract show?"],
  [['contract', 'help', 'shwo'], "unknown command 'shwo'. Did you mean show?"],
  [['help', 'doctor', 'show'], "unknown command 'doctor show'"],
])('%j asks for a command that is none, and is refused with the nearest right one', async (words, told) => {
  const refused = await archipel(...words)
  expect(refused).toMatchObject({ code: 65, out: '' })
  expect(refused.errors).toContain(`ARC_COMMAND_LINE: ${told}`)
})
