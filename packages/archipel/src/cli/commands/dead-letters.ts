import type { Command } from 'commander'
import { frameworkError } from '../../errors/index.ts'
import { asInteger, asQualifiedName, withLimit, withReason, type QualifiedName } from '../arguments.ts'
import { path } from '../door/client.ts'
import { openDoor, print, reasonOf, type Cli } from '../session.ts'
import { cellText, column, fields, table, type Column } from '../show/table.ts'

const SUBSCRIPTION = 'the subscription, such as inventory.stock-sold'
const COLUMNS: readonly Column[] = [
  {
    title: 'SUBSCRIPTION',
    of: ({ service, subscription }) => `${cellText(service)}.${cellText(subscription)}`,
  },
  column('position'),
  column('key'),
  column('type'),
  column('reason'),
  column('attempts'),
  column('parkedAt', 'parked'),
  column('error'),
]

interface Selection {
  readonly key?: string
  readonly position?: number
  readonly all?: boolean
}

/** `archipel dead-letters …` */
export function deadLetterCommands(program: Command, cli: Cli): void {
  const letters = program
    .command('dead-letters')
    .description('events that no handler could take, and those that wait behind them')
  withLimit(letters.command('list').description('in order of subscription and position'))
    .option('--service <name>', 'of this service only')
    .option('--subscription <name>', 'of this subscription only')
    .action(async ({ service, subscription, limit }: ListOptions, command: Command) => {
      const door = await openDoor(cli, command)
      const items = await door.list('/dead-letters', { service, subscription }, limit)
      print(cli, command, { items }, () => table(items, COLUMNS, 'There are no dead letters.'))
    })
  letters
    .command('show')
    .description('one dead letter')
    .argument('<subscription>', SUBSCRIPTION, asQualifiedName)
    .argument('<position>', 'its position in the log', asInteger(1, Number.MAX_SAFE_INTEGER))
    .action(async ({ service, name }: QualifiedName, position: number, _options, command: Command) => {
      const door = await openDoor(cli, command)
      const letter = await door.get(path`/dead-letters/${service}/${name}/${position}`)
      print(cli, command, letter, () => fields(letter))
    })
  replayCommand(letters, cli)
  discardCommand(letters, cli)
}

interface ListOptions {
  readonly service?: string
  readonly subscription?: string
  readonly limit: number
}

function replayCommand(letters: Command, cli: Cli): void {
  withReason(letters.command('replay').description('handle them again, in order'))
    .argument('<subscription>', SUBSCRIPTION, asQualifiedName)
    .option('--key <key>', 'those of one key')
    .option('--all', 'those of all keys')
    .action(async ({ service, name }: QualifiedName, selection: Selection, command: Command) => {
      const { key } = requireSelection(selection)
      const door = await openDoor(cli, command)
      const target = path`/dead-letters/${service}/${name}/replay`
      const answer = await door.post(target, { ...reasonOf(cli, command), ...(key !== undefined && { key }) })
      print(
        cli,
        command,
        answer,
        () => `Keys released: ${cellText(answer['keys'])}; see dead-letters list.\n`,
      )
    })
}

function discardCommand(letters: Command, cli: Cli): void {
  withReason(letters.command('discard').description('give them up for good'))
    .argument('<subscription>', SUBSCRIPTION, asQualifiedName)
    .option('--key <key>', 'those of one key')
    .option('--position <number>', 'one alone', asInteger(1, Number.MAX_SAFE_INTEGER))
    .option('--all', 'those of all keys')
    .action(async ({ service, name }: QualifiedName, selection: Selection, command: Command) => {
      const { key, position } = requireSelection(selection)
      const door = await openDoor(cli, command)
      const answer = await door.post(path`/dead-letters/${service}/${name}/discard`, {
        ...reasonOf(cli, command),
        ...(key !== undefined && { key }),
        ...(position !== undefined && { position }),
      })
      print(cli, command, answer, () => `Discarded ${cellText(answer['discarded'])} events.\n`)
    })
}

/** Nothing is done to all of them by leaving something out. */
function requireSelection(selection: Selection): Selection {
  const { key, position, all = false } = selection
  if (all !== (key !== undefined || position !== undefined)) return selection
  throw frameworkError('ARC_COMMAND_LINE', 'Say which: --key, --position, or --all alone.')
}
