import { join, resolve } from 'node:path'
import { systemFiles } from '../../environment/index.ts'
import { frameworkError, type JsonValue } from '../../errors/index.ts'
import type { Io } from '../io.ts'
import { cellText } from '../show/table.ts'

/** Where to look for a running application. */
export interface DoorOptions {
  readonly data?: string
  readonly url?: string
  readonly tokenFile?: string
}

/** Where a running application is, and what opens its operations door. */
export interface DoorAddress {
  readonly url: string
  readonly token: string
  readonly tokenFile: string
  /** Whose door it is, for messages. */
  readonly owner: string
}

/** The data folder that is meant: as given, as `ARCHIPEL_DATA` says, or `.archipel`. */
export function dataFolderOf({ data }: DoorOptions, { variables, workingFolder }: Io): string {
  return resolve(workingFolder, data ?? (variables['ARCHIPEL_DATA'] || '.archipel'))
}

/** @throws ARC_NOT_RUNNING, ARC_OPERATOR_TOKEN */
export async function findDoor(options: DoorOptions, io: Io): Promise<DoorAddress> {
  const folder = dataFolderOf(options, io)
  const tokenFile =
    options.tokenFile === undefined
      ? join(folder, 'operations-token')
      : resolve(io.workingFolder, options.tokenFile)
  const { url, owner } =
    options.url === undefined
      ? await addressIn(folder)
      : { url: originOf(options.url), owner: `the door at ${options.url}` }
  return { url, owner, tokenFile, token: await tokenIn(tokenFile) }
}

/** The file that a host leaves in its data folder while its operations door is open. */
async function addressIn(folder: string): Promise<Pick<DoorAddress, 'url' | 'owner'>> {
  const path = join(folder, 'operations-door.json')
  const text = await textOf(path)
  if (text === undefined) {
    const why = (await systemFiles.exists(folder)) ? 'holds no running application' : 'does not exist'
    throw frameworkError('ARC_NOT_RUNNING', `The data folder ${folder} ${why}.`)
  }
  const { url, host, process, since } = parsed(text, path)
  if (typeof url !== 'string') throw frameworkError('ARC_NOT_RUNNING', `${path} names no door.`)
  return {
    url: originOf(url),
    owner: `host '${cellText(host)}' on ${folder} (process ${cellText(process)}, since ${cellText(since)})`,
  }
}

function parsed(text: string, path: string): Readonly<Record<string, JsonValue | undefined>> {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw frameworkError('ARC_NOT_RUNNING', `${path} is damaged.`, { cause })
  }
}

async function tokenIn(path: string): Promise<string> {
  const text = await textOf(path)
  if (text === undefined) throw frameworkError('ARC_OPERATOR_TOKEN', `There is no token file ${path}.`)
  return text.trim()
}

/** @throws ARC_OPERATOR_TOKEN for a file that isn't ours to read. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await systemFiles.read(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'EACCES' || code === 'EPERM')
      throw frameworkError('ARC_OPERATOR_TOKEN', `This user may not read ${path}.`, { cause: error })
    throw error
  }
}

function originOf(url: string): string {
  const parsedUrl = URL.parse(url)
  if (parsedUrl === null || !['http:', 'https:'].includes(parsedUrl.protocol))
    throw frameworkError('ARC_COMMAND_LINE', `'${url}' must be a URL such as http://127.0.0.1:3001.`)
  return parsedUrl.href.replace(/\/$/, '')
}
