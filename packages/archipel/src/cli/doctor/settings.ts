import { readSettings } from '../../application/index.ts'
import type { Io } from '../io.ts'
import { fault, messageOf, type Finding } from './checks.ts'
import { checkEmbeddedDatabase, checkGivenDatabase } from './database.ts'
import { checkPorts } from './machine.ts'

/** What the environment variables say, and whether it can be had. */
export async function checkSettings(variables: Io['variables'], folder: string): Promise<Finding[]> {
  const settings = settingsIn(variables)
  if ('check' in settings) return [settings]
  const { port, databaseUrl } = settings
  return [
    await checkPorts(port),
    ...(await (databaseUrl === undefined ? checkEmbeddedDatabase(folder) : checkGivenDatabase(databaseUrl))),
  ]
}

function settingsIn(variables: Io['variables']): ReturnType<typeof readSettings> | Finding {
  try {
    return readSettings(variables)
  } catch (error) {
    return fault('settings', messageOf(error).replaceAll(/\s+/g, ' '), 'Mend these environment variables.')
  }
}
