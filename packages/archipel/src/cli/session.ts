import { hostname, userInfo } from 'node:os'
import type { Command } from 'commander'
import type { JsonObject, JsonValue } from '../errors/index.ts'
import type { DoorOptions } from './door/address.ts'
import type { DoorClient } from './door/client.ts'
import type { Io } from './io.ts'

/** The process as commands see it. */
export interface Cli extends Io {
  /** The command did its work, and what it found is bad: the process ends with this code. */
  fail(exitCode: number): void
}

interface CommonOptions extends DoorOptions {
  readonly json?: boolean
  /** In seconds. */
  readonly timeout: number
  readonly who?: string
  readonly why?: string
}

function commonOptions(command: Command): CommonOptions {
  return command.optsWithGlobals<CommonOptions>()
}

/** The operations door of the application that the options name. @throws ARC_NOT_RUNNING, ARC_OPERATOR_TOKEN */
export async function openDoor(cli: Cli, command: Command): Promise<DoorClient> {
  const options = commonOptions(command)
  const [{ findDoor }, { createDoorClient }] = await Promise.all([
    import('./door/address.ts'),
    import('./door/client.ts'),
  ])
  return createDoorClient(await findDoor(options, cli), options.timeout * 1000)
}

/** Prints a result: as one JSON document where that was asked for, else as text for people. */
export function print(cli: Cli, command: Command, result: JsonValue, text: () => string): void {
  const { json = false } = commonOptions(command)
  cli.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : text())
}

/** Who acts and why, as the door records it. */
export function reasonOf(cli: Cli, command: Command): JsonObject {
  const { who, why = '' } = commonOptions(command)
  return { who: who ?? (cli.variables['ARCHIPEL_WHO'] || thisUser()), why }
}

function thisUser(): string {
  return `${userInfo().username}@${hostname()}`
}
