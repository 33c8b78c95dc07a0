import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { systemEnvironment, type Files } from '../environment/index.ts'
import { openDatabaseServer, type ConnectionConfig } from '../storage/index.ts'
import { quietTelemetry } from '../telemetry/index.ts'
import { temporaryBase } from './temporary-base.ts'

declare module 'vitest' {
  interface ProvidedContext {
    archipelDatabase: ConnectionConfig
  }
}

const PREFIX = 'archipel-tests-'
/** One embedded server for a whole run of tests, in a temporary folder; each test makes its own database in it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const environment = systemEnvironment()
  const { files } = environment
  const base = await temporaryBase(files)
  await removeLeftovers(files, base)
  const dataFolder = join(base, `${PREFIX}${process.pid}`)
  const server = await openDatabaseServer({
    environment,
    dataFolder,
    host: 'tests',
    log: quietTelemetry().log,
  })
  project.provide('archipelDatabase', server.adminConnection)
  process.env['ARCHIPEL_TEST_DATABASE'] = JSON.stringify(server.adminConnection)
  return async () => {
    await server.close()
    await files.remove(dataFolder)
  }
}

/** Of runs that were killed: their servers go on for nobody. */
async function removeLeftovers(files: Files, base: string): Promise<void> {
  const names = (await files.list(base)).filter((name) => name.startsWith(PREFIX))
  for (const name of names) {
    if (isAlive(Number(name.slice(PREFIX.length)))) continue
    const folder = join(base, name)
    const pidFile = join(folder, 'postgres', 'postmaster.pid')
    if (await files.exists(pidFile)) stop(Number((await files.read(pidFile)).split('\n')[0]))
    await files.remove(folder).catch(() => undefined)
  }
}

function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0)
  } catch {
    return false
  }
}

function stop(id: number): void {
  try {
    process.kill(id, 'SIGQUIT')
  } catch {
    // It ended by itself.
  }
}
