import { systemEnvironment, type Environment } from '../environment/index.ts'
import { createHost, runHost, type Host } from '../host/index.ts'
import { openDatabaseServer, type DatabaseServer } from '../storage/index.ts'
import { createTelemetry, type Telemetry } from '../telemetry/index.ts'
import type { Application } from './application.ts'
import { assemble } from './assemble.ts'
import { insideClients } from './clients.ts'
import { componentsOf, databaseComponent, untilIdle } from './components.ts'
import { createDatabaseOnce, databaseOf } from './databases.ts'
import { createDoors } from './doors.ts'
import { recordActions } from './operator-actions.ts'
import { prepare } from './prepare.ts'
import type { Place, RunningApplication, StartOptions } from './running.ts'

const HOST = 'embedded'
const DEFAULT_PORT = 3000

/** An application that is put together and connected, with the host that will run it. */
interface Built {
  readonly host: Host
  readonly running: RunningApplication
}

/**
 * Starts an application in this process: database, migrations, services, doors.
 * @throws what is wrong with the set-up, all faults at once where there are several; then nothing is left running.
 */
export async function startApplication(application: Application, options: StartOptions): Promise<RunningApplication> {
  const { host, running } = await build(application, options)
  await host.start()
  return running
}

/**
 * Runs an application as a main program: SIGINT and SIGTERM stop it, an error is printed and decides the exit code.
 * @param onReady called once everything runs, to say where.
 */
export async function runApplication(
  application: Application,
  options: StartOptions,
  onReady: (running: RunningApplication) => void,
): Promise<void> {
  let running: RunningApplication | undefined
  await runHost(
    async () => {
      const built = await build(application, options)
      running = built.running
      return built.host
    },
    () => running && onReady(running),
  )
}

async function build(application: Application, options: StartOptions): Promise<Built> {
  const environment = options.environment ?? systemEnvironment()
  const instance = `${HOST}-${environment.identifiers.next()}`
  const telemetry = options.telemetry ?? (await telemetryOf(application, environment, instance))
  const server = await openDatabaseServer({
    environment,
    dataFolder: options.dataFolder,
    databaseUrl: options.databaseUrl,
    host: HOST,
    log: telemetry.log,
  })
  try {
    return await buildOn(server, application, { ...options, environment, telemetry, instance })
  } catch (error) {
    await server.close()
    throw error
  }
}

function telemetryOf(application: Application, environment: Environment, instance: string): Promise<Telemetry> {
  const otlpEndpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT']
  return createTelemetry({ environment, service: application.name, instance, ...(otlpEndpoint !== undefined && { otlpEndpoint }) })
}

interface Ground extends StartOptions {
  readonly environment: Environment
  readonly telemetry: Telemetry
  readonly instance: string
}

async function buildOn(server: DatabaseServer, application: Application, ground: Ground): Promise<Built> {
  const { environment, telemetry, instance, dataFolder, seams = {} } = ground
  const admin = await databaseOf(server, application.name)
  const prepared = await prepare(application, { environment, admin, passwordSecret: server.passwordSecret, namespace: application.name })
  const assembly = assemble(application, { environment, telemetry, instance, prepared, seams })
  const client = insideClients(assembly, environment)
  const publicPort = ground.port ?? DEFAULT_PORT
  const place: Place = {
    telemetry,
    dataFolder,
    admin,
    port: (offset) => (publicPort === 0 ? 0 : publicPort + offset),
    database: (name) => createDatabaseOnce(server, `${application.name}_${name}`),
    client,
  }
  const doors = createDoors(application, assembly, {
    ...place,
    environment,
    ready: () => host.ready(),
    health: () => host.health(),
    record: recordActions(admin),
  })
  const host: Host = createHost({
    name: HOST,
    components: [databaseComponent(server, telemetry), ...componentsOf(assembly), ...(ground.beside?.(place) ?? []), ...doors.components],
    environment,
    telemetry,
  })
  server.listen({ replaced: () => void host.stop() })
  const running: RunningApplication = {
    get url() {
      return doors.url()
    },
    get operationsUrl() {
      return doors.operationsUrl()
    },
    admin,
    client,
    idle: () => untilIdle(assembly),
    stop: () => host.stop(),
  }
  return { host, running }
}
