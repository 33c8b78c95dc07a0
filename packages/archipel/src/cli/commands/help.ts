import type { Command } from 'commander'
import { frameworkError } from '../../errors/index.ts'
import { nearest } from '../nearest.ts'

/** `archipel help …`, of commands within groups as well, and the same in each group; to be added last. */
export function helpCommands(group: Command): void {
  for (const command of group.commands) if (command.commands.length > 0) helpCommands(command)
  group
    .command('help')
    .description('print the help of a command')
    .argument('[command...]')
    .action((words: string[]) => named(group, words).outputHelp())
}

/** @throws ARC_COMMAND_LINE with the commands that may have been meant. */
function named(group: Command, words: readonly string[]): Command {
  let found = group
  for (const [at, word] of words.entries()) {
    const next = found.commands.find((command) => command.name() === word)
    if (next === undefined) throw unknownCommand(found, words.slice(0, at + 1))
    found = next
  }
  return found
}

function unknownCommand(group: Command, words: readonly string[]): Error {
  const before = words.slice(0, -1)
  const known = group.commands.map((command) => command.name())
  const meant = nearest(words.at(-1) ?? '', known).map((name) => [...before, name].join(' '))
  const hint = meant.length > 0 ? `. Did you mean ${meant.join(' or ')}?` : ''
  return frameworkError('ARC_COMMAND_LINE', `unknown command '${words.join(' ')}'${hint}`)
}
