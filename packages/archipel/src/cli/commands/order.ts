import type { Command } from 'commander'
import { objectsOf, path } from '../door/client.ts'
import { openDoor, print, type Cli } from '../session.ts'
import { cellText, column, table, type Column } from '../show/table.ts'

const COLUMNS: readonly Column[] = [
  column('at'),
  column('kind'),
  column('service'),
  column('what'),
  column('outcome'),
  column('detail'),
  column('by'),
  column('key'),
]

/** `archipel order` */
export function orderCommand(program: Command, cli: Cli): void {
  program
    .command('order')
    .description(
      'the story of one order, or of whatever else events have as their key: calls, events, saga steps, retries and effects, in the order of time',
    )
    .argument('<id>', 'its id, or another key of events, the id of a saga, or a correlation id')
    .action(async (id: string, _options, command: Command) => {
      const story = await (await openDoor(cli, command)).get(path`/stories/${id}`)
      const entries = objectsOf(story['entries'])
      print(cli, command, story, () =>
        [
          table(entries, COLUMNS, 'Nothing is kept.'),
          `${entries.length} moments of ${cellText(id)}, from ${objectsOfText(story['correlationIds'])}.`,
          story['complete'] === false
            ? 'There is more: only the first thousand of each kind are told.\n'
            : '',
        ].join('\n'),
      )
    })
}

function objectsOfText(ids: unknown): string {
  const number = Array.isArray(ids) ? ids.length : 0
  return number === 1 ? 'one request' : `${number} requests`
}
