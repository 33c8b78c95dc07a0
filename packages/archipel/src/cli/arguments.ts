import { InvalidArgumentError, type Command } from 'commander'

/** Reads an option that is a whole number between two bounds, both included. */
export function asInteger(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}

/** What a command names as `SERVICE.NAME`. */
export interface QualifiedName {
  readonly service: string
  readonly name: string
}

/** Reads an argument such as `orders.fulfilOrder`. */
export function asQualifiedName(text: string): QualifiedName {
  const [, service, name] = /^([^.\s]+)\.([^.\s]+)$/.exec(text) ?? []
  if (service !== undefined && name !== undefined) return { service, name }
  throw new InvalidArgumentError('It must have the form SERVICE.NAME, such as orders.placeOrder.')
}

const MOST_ITEMS = 10_000

/** Adds `--limit` to a list. */
export function withLimit(command: Command): Command {
  return command.option('--limit <number>', 'how many at most', asInteger(1, MOST_ITEMS), 50)
}

/** Adds who acts and why to an act: both are recorded before it is done. */
export function withReason(command: Command): Command {
  return command
    .requiredOption('--why <text>', 'why, for whoever reads the record later')
    .option('--who <name>', 'who does it (ARCHIPEL_WHO, else the user of this process)')
}
