import type { Command } from 'commander'
import { ERROR_KINDS } from '../../errors/index.ts'
import { objectsOf } from '../door/client.ts'
import { openDoor, print, type Cli } from '../session.ts'
import { cellText, column, table, type Column } from '../show/table.ts'

const COLUMNS: readonly Column[] = [
  {
    title: 'SUBSCRIPTION',
    of: ({ service, subscription }) => `${cellText(service)}.${cellText(subscription)}`,
  },
  column('publisher'),
  column('written'),
  column('handled'),
  column('inFlight', 'in flight'),
  column('parked'),
  column('discarded'),
  column('drift'),
  column('position'),
  column('mark'),
]

/** `archipel delivery` */
export function deliveryCommand(program: Command, cli: Cli): void {
  program
    .command('delivery')
    .description('the counters that show that nothing was lost or doubled; a drift ends with an error')
    .option('--recount', 'count the whole log again, believing nothing that was counted before')
    .action(async ({ recount = false }: { recount?: boolean }, command: Command) => {
      const answer = await (await openDoor(cli, command)).get('/delivery', { recount })
      const items = objectsOf(answer['items'])
      const drifting = items.filter(({ drift }) => drift !== 0)
      print(
        cli,
        command,
        answer,
        () => table(items, COLUMNS, 'There are no subscriptions.') + verdict(drifting.length),
      )
      if (drifting.length > 0) cli.fail(ERROR_KINDS.internal.exit)
    })
}

function verdict(drifting: number): string {
  return drifting === 0
    ? '\nwritten = handled + in flight + parked + discarded, everywhere.\n'
    : `\n${drifting} subscriptions drift: events were lost or doubled. Keep the data folder and report it.\n`
}
