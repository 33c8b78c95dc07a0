import { extname, resolve } from 'node:path'
import type { Command } from 'commander'
import { contractOf, type Contract } from '../../contract/index.ts'
import { systemFiles } from '../../environment/index.ts'
import { frameworkError, isJsonObject, type JsonValue } from '../../errors/index.ts'
import { contractsOf, descriptionsIn } from '../door/contracts.ts'
import { loadModule } from '../modules.ts'
import { openDoor, type Cli } from '../session.ts'

/** Stands for the application that runs, in place of a file. */
const RUNNING = 'running'

/** The contracts of a module that exports them, of a file that `contract show --json` wrote, or of what runs. */
export async function contractsFrom(
  source: string,
  cli: Cli,
  command: Command,
): Promise<readonly Contract[]> {
  const contracts = await read(source, cli, command)
  if (contracts.length > 0) return contracts
  throw frameworkError('ARC_MODULE', `${source} holds no contracts.`)
}

async function read(source: string, cli: Cli, command: Command): Promise<readonly Contract[]> {
  if (source === RUNNING) return (await contractsOf(await openDoor(cli, command))).map(contractOf)
  if (extname(source) === '.json')
    return (await readDescriptions(resolve(cli.workingFolder, source))).map(contractOf)
  return Object.values(await loadModule(source, cli)).filter(isContract)
}

async function readDescriptions(path: string) {
  if (!(await systemFiles.exists(path))) throw frameworkError('ARC_MODULE', `There is no file ${path}.`)
  const content = parsed(await systemFiles.read(path), path)
  return descriptionsIn(isJsonObject(content) && 'contracts' in content ? content['contracts'] : [content])
}

function parsed(text: string, path: string): JsonValue {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw frameworkError('ARC_MODULE', `${path} is not JSON.`, { cause })
  }
}

function isContract(value: unknown): value is Contract {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['name', 'version'].every((name) => typeof Reflect.get(value, name) === 'string') &&
    ['operations', 'events'].every((name) => {
      const part: unknown = Reflect.get(value, name)
      return typeof part === 'object' && part !== null
    })
  )
}
