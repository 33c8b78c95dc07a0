import type { Command } from 'commander'
import type { ContractDescription } from '../../contract/index.ts'
import { frameworkError, isJsonObject, type JsonObject, type JsonValue } from '../../errors/index.ts'
import { asQualifiedName, type QualifiedName } from '../arguments.ts'
import { contractsOf } from '../door/contracts.ts'
import { nearest } from '../nearest.ts'
import { openDoor, print, reasonOf, type Cli } from '../session.ts'

interface CallOptions {
  readonly why?: string
  readonly key?: string
  readonly role: readonly string[]
}

/** `archipel call` */
export function callCommand(program: Command, cli: Cli): void {
  program
    .command('call')
    .description('call an operation of a service as an operator, internal ones too; it is recorded')
    .argument('<operation>', 'such as orders.getOrder', asQualifiedName)
    .argument('[input]', 'its input as JSON; - reads it from standard input', '{}')
    .option('--role <role>', 'act in this role as well; can be repeated', collected, [])
    .option('--key <key>', 'the idempotency key of a command: the same key is done once')
    .option('--why <text>', 'why; needed for a command')
    .option('--who <name>', 'who does it (ARCHIPEL_WHO, else the user of this process)')
    .action(
      async ({ service, name }: QualifiedName, input: string, options: CallOptions, command: Command) => {
        const door = await openDoor(cli, command)
        const kind = kindOf(await contractsOf(door), service, name)
        if (kind === 'command' && options.why === undefined)
          throw frameworkError('ARC_COMMAND_LINE', `${service}.${name} changes something: say --why.`)
        const { answer = null } = await door.post('/calls', {
          service,
          operation: name,
          input: inputOf(input === '-' ? await cli.standardInput() : input),
          roles: options.role,
          ...(options.key !== undefined && { key: options.key }),
          ...reasonOf(cli, command),
          why: options.why ?? 'a look',
        })
        print(cli, command, answer, () => `${JSON.stringify(answer, null, 2)}\n`)
      },
    )
}

function collected(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

/** @throws ARC_NOT_FOUND with the names that may have been meant. */
function kindOf(contracts: readonly ContractDescription[], service: string, name: string): string {
  const offered = contracts.find((contract) => contract.name === service)?.operations
  if (offered !== undefined && Object.hasOwn(offered, name)) return offered[name]?.kind ?? ''
  const known = contracts.flatMap((contract) =>
    Object.keys(contract.operations).map((operation) => `${contract.name}.${operation}`),
  )
  const meant = nearest(`${service}.${name}`, known)
  const hint = meant.length > 0 ? ` Did you mean ${meant.join(' or ')}?` : ' See: archipel contract show.'
  throw frameworkError('ARC_NOT_FOUND', `There is no operation ${service}.${name} here.${hint}`)
}

/** @throws ARC_BODY_MALFORMED */
function inputOf(text: string): JsonObject {
  const value = parsed(text)
  if (isJsonObject(value)) return value
  throw frameworkError('ARC_BODY_MALFORMED', 'The input must be a JSON object, such as {"id":"…"}.')
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw frameworkError('ARC_BODY_MALFORMED', `The input is not JSON: ${why}.`, { cause })
  }
}
