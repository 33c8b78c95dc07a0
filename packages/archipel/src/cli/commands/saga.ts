import type { Command } from 'commander'
import type { JsonObject } from '../../errors/index.ts'
import { asQualifiedName, withLimit, withReason, type QualifiedName } from '../arguments.ts'
import { objectsOf, path } from '../door/client.ts'
import { openDoor, print, reasonOf, type Cli } from '../session.ts'
import { cellText, column, fields, table, type Column } from '../show/table.ts'

const SAGA = 'the saga, such as orders.fulfilOrder'
const ACTIONS = [
  ['retry', 'ask a stuck saga again: under a new key where the former one holds a refusal'],
  ['compensate', 'undo it in reverse; refused once its pivot may be done'],
  ['give-up', 'leave a stuck saga as it is'],
  ['cancel', 'ask a saga to end before its pivot'],
] as const

const COLUMNS: readonly Column[] = [
  { title: 'SAGA', of: nameOf },
  column('id'),
  column('version'),
  column('status'),
  column('startedAt', 'started'),
  { title: 'STEP', of: (saga) => objectsOf(saga['steps']).at(-1)?.['step'] },
  column('tries'),
  { title: 'TROUBLE', of: (saga) => saga['lastError'] ?? saga['reason'] },
]

/** `archipel saga …` */
export function sagaCommands(program: Command, cli: Cli): void {
  const saga = program.command('saga').description('sagas: what runs, what is stuck, and what to do with it')
  listCommand(saga, cli)
  saga
    .command('show')
    .description('one saga with its steps, calls and keys')
    .argument('<saga>', SAGA, asQualifiedName)
    .argument('<id>', 'its id')
    .action(async ({ service, name }: QualifiedName, id: string, _options, command: Command) => {
      const found = await (await openDoor(cli, command)).get(path`/sagas/${service}/${name}/${id}`)
      print(cli, command, found, () => described(found))
    })
  for (const [action, description] of ACTIONS) {
    withReason(saga.command(action).description(description))
      .argument('<saga>', SAGA, asQualifiedName)
      .argument('<id>', 'its id')
      .action(async ({ service, name }: QualifiedName, id: string, _options, command: Command) => {
        const door = await openDoor(cli, command)
        const target = `${path`/sagas/${service}/${name}/${id}`}/${action}`
        const after = await door.post(target, reasonOf(cli, command))
        print(cli, command, after, () => `${nameOf(after)} ${id} is ${cellText(after['status'])} now.\n`)
      })
  }
}

function listCommand(saga: Command, cli: Cli): void {
  withLimit(saga.command('list').description('sagas by service and name, the latest first'))
    .option('--service <name>', 'of this service only')
    .option('--saga <name>', 'of this name only')
    .option('--status <status>', 'running, compensating, completed, compensated, stuck or abandoned')
    .action(async ({ service, saga: name, status, limit }: ListOptions, command: Command) => {
      const door = await openDoor(cli, command)
      const items = await door.list('/sagas', { service, saga: name, status }, limit)
      print(cli, command, { items }, () => table(items, COLUMNS, 'There are no such sagas.'))
    })
}

interface ListOptions {
  readonly service?: string
  readonly saga?: string
  readonly status?: string
  readonly limit: number
}

function nameOf({ service, saga }: JsonObject): string {
  return `${cellText(service)}.${cellText(saga)}`
}

function described(saga: JsonObject): string {
  const { steps, notes, service: _service, saga: _name, ...facts } = saga
  const sent = objectsOf(steps).flatMap(({ step = null, calls, undoCalls }) => [
    ...objectsOf(calls).map((call): JsonObject => ({ ...call, step, way: 'forward' })),
    ...objectsOf(undoCalls).map((call): JsonObject => ({ ...call, step, way: 'undo' })),
  ])
  const callColumns = ['step', 'way', 'operation', 'outcome', 'key', 'refusal'].map((name) => column(name))
  const noteColumns = ['at', 'action', 'who', 'why'].map((name) => column(name))
  return [
    fields({ saga: nameOf(saga), ...facts }),
    table(sent, callColumns, 'No call was sent yet.'),
    ...(objectsOf(notes).length > 0 ? [table(objectsOf(notes), noteColumns, '')] : []),
  ].join('\n')
}
