import type { Command } from 'commander'
import type { Contract } from '../../contract/index.ts'
import { ERROR_KINDS, type JsonObject } from '../../errors/index.ts'
import { print, type Cli } from '../session.ts'
import { column, table } from '../show/table.ts'
import { load, SOURCE } from './load-contracts.ts'

interface Comparison {
  readonly changes: readonly JsonObject[]
  /** Of the older side, by name. */
  readonly notCompared: readonly string[]
}

/** `archipel contract diff` */
export function diffCommand(group: Command, cli: Cli): void {
  group
    .command('diff')
    .description('what changed, and whether users of the older go on working; a break ends with an error')
    .argument('<older>', SOURCE)
    .argument('[newer]', `${SOURCE}; a file of one contract is compared with that one alone`, 'running')
    .action(async (older: string, newer: string, _options, command: Command) => {
      const before = await load(older, cli, command)
      const after = await load(newer, cli, command)
      const { changes, notCompared } = await compare(before, after, newer !== 'running')
      const breaks = changes.filter(({ compatible }) => compatible === false)
      const columns = ['contract', 'path', 'compatible', 'change', 'advice'].map((field) => column(field))
      print(cli, command, { breaks: breaks.length, changes, notCompared }, () =>
        [table(changes, columns, 'Nothing changed.'), ...leftOut(notCompared, newer)].join(''),
      )
      if (breaks.length > 0) cli.fail(ERROR_KINDS.refused.exit)
    })
}

function leftOut(names: readonly string[], newer: string): string[] {
  return names.length === 0 ? [] : [`Not compared, as ${newer} is of one contract: ${names.join(', ')}.\n`]
}

/** @param isFile a file of one contract says nothing of the others; what runs, and several, are all there is */
async function compare(
  older: readonly Contract[],
  newer: readonly Contract[],
  isFile: boolean,
): Promise<Comparison> {
  const { compareContracts } = await import('../../contract/index.ts')
  const missing = namesOnlyIn(older, newer)
  const alone = isFile && newer.length === 1
  const changed = older.flatMap((before) =>
    newer
      .filter(({ name }) => name === before.name)
      .flatMap((after) => compareContracts(before, after))
      .map((change) => ({ contract: before.name, ...change })),
  )
  const gone = alone
    ? []
    : missing.map((name) => whole(name, false, 'the contract is gone', 'Keep it until nobody calls it.'))
  const added = namesOnlyIn(newer, older).map((name) => whole(name, true, 'the contract is new', ''))
  return { changes: [...gone, ...changed, ...added], notCompared: alone ? missing : [] }
}

function namesOnlyIn(some: readonly Contract[], others: readonly Contract[]): readonly string[] {
  return some.map(({ name }) => name).filter((name) => !others.some((each) => each.name === name))
}

function whole(contract: string, compatible: boolean, change: string, advice: string): JsonObject {
  return { contract, path: '', direction: 'operation', compatible, change, advice }
}
