import type { Command } from 'commander'
import { frameworkError } from '../../errors/index.ts'
import { asQualifiedName, withReason, type QualifiedName } from '../arguments.ts'
import { objectsOf, path } from '../door/client.ts'
import { openDoor, print, reasonOf, type Cli } from '../session.ts'
import { cellText, column, table, type Column } from '../show/table.ts'

const COLUMNS: readonly Column[] = [
  { title: 'ACTIVITY', of: ({ service, operation }) => `${cellText(service)}.${cellText(operation)}` },
  column('firstSentAt', 'first sent'),
  column('attempts'),
  column('lastError', 'last error'),
  column('effectKey', 'effect key'),
]
const EFFECT_KEY = 'the key that the other side got, as outcomes list shows it'

/** `archipel outcomes …` */
export function outcomeCommands(program: Command, cli: Cli): void {
  const outcomes = program
    .command('outcomes')
    .description('effects of which nobody knows whether they happened: look at the other side, then say')
  outcomes
    .command('list')
    .description('the oldest first, at most a hundred of each service')
    .action(async (_options, command: Command) => {
      const { items } = await (await openDoor(cli, command)).get('/unknown-outcomes')
      const found = objectsOf(items)
      print(cli, command, { items: found }, () => table(found, COLUMNS, 'Every outcome is known.'))
    })
  act(outcomes, 'resolve', 'say what happened: it is settled with this outcome')
    .argument('<outcome>', 'the outcome as JSON, in the form that the effect gives it')
    .action(async (activity: QualifiedName, key: string, outcome: string, _options, command: Command) =>
      send(cli, command, { activity, key, action: 'resolve', further: { outcome } }),
    )
  act(outcomes, 'send-again', 'send it again under the same key, at your own risk').action(
    async (activity: QualifiedName, key: string, _options, command: Command) =>
      send(cli, command, { activity, key, action: 'send-again', further: {} }),
  )
}

function act(outcomes: Command, name: string, description: string): Command {
  return withReason(outcomes.command(name).description(description))
    .argument('<activity>', 'the activity, such as payments.capture', asQualifiedName)
    .argument('<effect-key>', EFFECT_KEY)
}

interface Decision {
  readonly activity: QualifiedName
  readonly key: string
  readonly action: 'resolve' | 'send-again'
  readonly further: { readonly outcome?: string }
}

/** @throws ARC_NOT_FOUND for an outcome that is not, or no more, unknown. */
async function send(cli: Cli, command: Command, { activity, key, action, further }: Decision): Promise<void> {
  const { service, name } = activity
  const door = await openDoor(cli, command)
  const { items } = await door.get('/unknown-outcomes')
  const found = objectsOf(items).find(
    (item) => item['service'] === service && item['operation'] === name && item['effectKey'] === key,
  )
  if (found === undefined)
    throw frameworkError('ARC_NOT_FOUND', `${service}.${name} has no unknown outcome under ${key}.`)
  const { operation = name, principal = '', key: recordKey = '' } = found
  const target = `${path`/unknown-outcomes/${service}`}/${action}`
  await door.post(target, { operation, principal, key: recordKey, ...further, ...reasonOf(cli, command) })
  print(
    cli,
    command,
    found,
    () => `${service}.${name} goes on${action === 'resolve' ? ' with this outcome' : ''}.\n`,
  )
}
