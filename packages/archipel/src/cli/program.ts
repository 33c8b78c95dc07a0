import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { callCommand } from './commands/call.ts'
import { contractCommands } from './commands/contract.ts'
import { deadLetterCommands } from './commands/dead-letters.ts'
import { deliveryCommand } from './commands/delivery.ts'
import { doctorCommand } from './commands/doctor.ts'
import { eventCommands } from './commands/events.ts'
import { helpCommands } from './commands/help.ts'
import { orderCommand } from './commands/order.ts'
import { outcomeCommands } from './commands/outcomes.ts'
import { sagaCommands } from './commands/saga.ts'
import { startCommand } from './commands/start.ts'
import { asInteger } from './arguments.ts'
import { subscriptionCommands } from './commands/subscriptions.ts'
import type { Cli } from './session.ts'

const MANIFEST = new URL('../../package.json', import.meta.url)

/** The command line as a whole. What a command needs beyond its options is loaded when it runs. */
export function createProgram(cli: Cli): Command {
  const program = new Command('archipel')
    .description('Runs Archipel applications and looks after those that run.')
    .version(versionOf(readFileSync(MANIFEST, 'utf8')), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--json', 'print one JSON document instead of text')
    .option('--data <folder>', 'the data folder of the application (ARCHIPEL_DATA, else .archipel)')
    .option('--url <url>', 'its operations door, instead of the one found in the data folder')
    .option('--token-file <file>', 'the token of that door (operations-token in the data folder)')
    .option('--timeout <seconds>', 'how long an answer may take', asInteger(1, 3_600), 30)
    .configureOutput({ writeOut: (text) => void cli.stdout.write(text), writeErr: () => undefined })
    .exitOverride()
  startCommand(program, cli)
  callCommand(program, cli)
  contractCommands(program, cli)
  orderCommand(program, cli)
  eventCommands(program, cli)
  sagaCommands(program, cli)
  deadLetterCommands(program, cli)
  outcomeCommands(program, cli)
  subscriptionCommands(program, cli)
  deliveryCommand(program, cli)
  doctorCommand(program, cli)
  helpCommands(program)
  return program
}

function versionOf(manifest: string): string {
  const { version }: { version: string } = JSON.parse(manifest)
  return version
}
