import type { Command } from 'commander'
import { isJsonObject } from '../../errors/index.ts'
import { asInteger, withLimit } from '../arguments.ts'
import { path } from '../door/client.ts'
import { openDoor, print, type Cli } from '../session.ts'
import { column, fields, table } from '../show/table.ts'

const COLUMNS = ['position', 'time', 'type', 'key', 'correlationId'].map((name) => column(name))

interface ListOptions {
  readonly publisher?: string
  readonly type?: string
  readonly key?: string
  readonly correlation?: string
  readonly limit: number
}

/** `archipel events …` */
export function eventCommands(program: Command, cli: Cli): void {
  const events = program.command('events').description('the log of events; what is personal is masked')
  withLimit(events.command('list').description('the latest first'))
    .option('--publisher <service>', 'of this service only')
    .option('--type <type>', 'of this type only, such as orders.orderPlaced.v1')
    .option('--key <key>', 'of this key only')
    .option('--correlation <id>', 'of this request only')
    .action(async ({ publisher, type, key, correlation, limit }: ListOptions, command: Command) => {
      const door = await openDoor(cli, command)
      const query = { publisher, type, key, correlationId: correlation }
      const items = await door.list('/events', query, limit)
      print(cli, command, { items }, () => table(items, COLUMNS, 'There are no such events.'))
    })
  events
    .command('show')
    .description('one event with its data')
    .argument('<position>', 'its position in the log', asInteger(1, Number.MAX_SAFE_INTEGER))
    .action(async (position: number, _options, command: Command) => {
      const event = await (await openDoor(cli, command)).get(path`/events/${position}`)
      print(cli, command, event, () => {
        const { data, ...facts } = event
        return `${fields(facts)}\ndata\n${isJsonObject(data) ? fields(data).replaceAll(/^/gm, '  ').trimEnd() : ''}\n`
      })
    })
}
