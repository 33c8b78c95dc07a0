import type { Command } from 'commander'
import { asQualifiedName, withReason, type QualifiedName } from '../arguments.ts'
import { objectsOf, path } from '../door/client.ts'
import { openDoor, print, reasonOf, type Cli } from '../session.ts'
import { cellText, column, table, type Column } from '../show/table.ts'

const COLUMNS: readonly Column[] = [
  {
    title: 'SUBSCRIPTION',
    of: ({ service, subscription }) => `${cellText(service)}.${cellText(subscription)}`,
  },
  column('publisher'),
  { title: 'HANDLED', of: ({ handled }) => (handled === true ? 'yes' : 'by nobody') },
  column('position'),
  column('missed'),
  column('since'),
  { title: 'TYPES', of: ({ types }) => (Array.isArray(types) ? types.join(', ') : null) },
]

/** `archipel subscriptions …` */
export function subscriptionCommands(program: Command, cli: Cli): void {
  const subscriptions = program
    .command('subscriptions')
    .description('who takes which events, and those that nobody handles any more')
  subscriptions
    .command('list')
    .description('all of them')
    .action(async (_options, command: Command) => {
      const items = objectsOf((await (await openDoor(cli, command)).get('/subscriptions'))['items'])
      print(cli, command, { items }, () => table(items, COLUMNS, 'There are no subscriptions.'))
    })
  withReason(subscriptions.command('drop').description('forget one that no code handles any more'))
    .argument('<subscription>', 'such as inventory.stock-sold', asQualifiedName)
    .action(async ({ service, name }: QualifiedName, _options, command: Command) => {
      const door = await openDoor(cli, command)
      const answer = await door.post(path`/subscriptions/${service}/${name}/drop`, reasonOf(cli, command))
      print(cli, command, answer, () => `${service}.${name} is forgotten.\n`)
    })
}
