import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { systemFiles } from '../environment/index.ts'
import { frameworkError, isArchipelError } from '../errors/index.ts'
import type { Io } from './io.ts'

/** Loads a module of a user by its path; Node.js runs TypeScript itself. @throws ARC_MODULE */
export async function loadModule(path: string, { workingFolder }: Io): Promise<object> {
  const file = resolve(workingFolder, path)
  const facts = await systemFiles.stat(file)
  if (facts === undefined) throw frameworkError('ARC_MODULE', `There is no file ${file}.`)
  if (facts.isFolder) throw frameworkError('ARC_MODULE', `${file} is a folder: name the module in it.`)
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    // Its own words are better than ours: what a contract can't keep, what doesn't fit together.
    if (isArchipelError(error)) throw error
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw frameworkError('ARC_MODULE', `${file} could not be loaded: ${why}`, { cause: error })
  }
}
