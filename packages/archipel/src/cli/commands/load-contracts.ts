import type { Command } from 'commander'
import type { Contract } from '../../contract/index.ts'
import type { Cli } from '../session.ts'

export const SOURCE =
  'a module that exports contracts, a file written by contract show --json, or `running`: what runs'

/** Reading contracts needs the libraries of schemas, which are loaded when they are asked for. */
export async function load(source: string, cli: Cli, command: Command): Promise<readonly Contract[]> {
  const { contractsFrom } = await import('./contract-sources.ts')
  return contractsFrom(source, cli, command)
}
