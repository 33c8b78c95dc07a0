import type { Environment } from '../environment/index.ts'
import { createHost, type Component, type Host } from '../host/index.ts'
import type { ConnectionConfig } from '../storage/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Application } from './types.ts'
import { assemble, type Seams } from './assemble.ts'
import { insideClients } from './clients.ts'
import { componentsOf, untilIdle } from './components.ts'
import { createDoors, NO_DOORS } from './doors.ts'
import { housekeeping } from './housekeeping.ts'
import { recordActions } from './operator-actions.ts'
import { prepare } from './prepare.ts'
import type { Place, RunningApplication } from './running.ts'

/** The one host there is yet: all services in one process. */
export const HOST = 'embedded'

/** The database an application stands on: a server of its own, a given one, or a copy that a test throws away. */
export interface Ground {
  /** The administrator's way into the application's database. */
  readonly admin: ConnectionConfig
  /** Passwords of the roles are derived from it. */
  readonly passwordSecret: string
  /** Begins the names of the roles. */
  readonly namespace: string
  /** What looks after the ground; started first, closed last. */
  readonly components: readonly Component[]
  /** How to log in to a further database beside the application's; it is made where it is missing. */
  database(name: string): Promise<ConnectionConfig>
}

export interface BuildOptions {
  readonly environment: Environment
  readonly telemetry: Telemetry
  /** Names this run of this host; never used again by another. */
  readonly instance: string
  readonly dataFolder: string
  /** The public port; operations are on the next one. 0 takes free ones. */
  readonly port: number
  /** Without doors nothing listens: the application is reached by its clients from inside. */
  readonly doors: boolean
  readonly beside?: ((place: Place) => readonly Component[]) | undefined
  readonly seams?: Seams | undefined
}

/** An application that is put together on its ground, with the host that will run it. */
export interface BuiltApplication {
  readonly host: Host
  readonly running: RunningApplication
}

/** Brings the database up to date and joins all parts. Nothing runs yet. */
export async function buildApplication(
  application: Application,
  ground: Ground,
  options: BuildOptions,
): Promise<BuiltApplication> {
  const { environment, telemetry, instance, dataFolder, seams = {} } = options
  const { admin, passwordSecret, namespace } = ground
  const prepared = await prepare(application, { environment, admin, passwordSecret, namespace })
  const assembly = assemble(application, { environment, telemetry, instance, prepared, seams })
  const client = insideClients(assembly, environment)
  const place: Place = {
    telemetry,
    dataFolder,
    admin,
    port: (offset) => (options.port === 0 ? 0 : options.port + offset),
    database: (name) => ground.database(name),
    client,
  }
  const beside = options.beside?.(place) ?? []
  const doors = options.doors
    ? createDoors(application, assembly, {
        ...place,
        beside,
        environment,
        host: HOST,
        ready: () => host.ready(),
        health: () => host.health(),
        record: recordActions(admin),
      })
    : NO_DOORS
  const host: Host = createHost({
    name: HOST,
    components: [
      ...ground.components,
      ...componentsOf(assembly),
      housekeeping(assembly, environment, telemetry),
      ...beside,
      ...doors.components,
    ],
    environment,
    telemetry,
  })
  const running: RunningApplication = {
    get url() {
      return doors.url()
    },
    get operationsUrl() {
      return doors.operationsUrl()
    },
    dataFolder,
    admin,
    client,
    idle: () => untilIdle(assembly),
    stop: () => host.stop(),
  }
  return { host, running }
}
