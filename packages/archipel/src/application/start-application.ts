import { systemEnvironment, type Environment } from '../environment/index.ts'
import { component, runHost, type Component } from '../host/index.ts'
import { openDatabaseServer, type DatabaseServer } from '../storage/index.ts'
import { createTelemetry, type Telemetry } from '../telemetry/index.ts'
import type { Application } from './types.ts'
import { buildApplication, HOST, type BuiltApplication, type Ground } from './build.ts'
import { databaseComponent } from './components.ts'
import { databasesOf } from './databases.ts'
import type { RunningApplication, RunOptions, StartOptions } from './running.ts'
import { readSettings } from './settings.ts'

const DEFAULT_PORT = 3000

/**
 * Starts an application in this process: database, migrations, services, doors.
 * @throws what is wrong with the set-up, all faults at once where there are several; then nothing is left running.
 */
export async function startApplication(
  application: Application,
  options: StartOptions,
): Promise<RunningApplication> {
  const { host, running } = await build(application, options)
  await host.start()
  return running
}

/**
 * Runs an application as a main program, with the settings that its environment variables give: SIGINT and SIGTERM
 * stop it, an error is printed and decides the exit code.
 * @param onReady called once everything runs, to say where and to fill what is empty; it may be async, and what it throws
 * stops the application and ends the process.
 */
export async function runApplication(
  application: Application,
  { faults, ...rest }: RunOptions = {},
  onReady: (running: RunningApplication) => unknown = () => undefined,
): Promise<void> {
  let running: RunningApplication | undefined
  await runHost(
    async () => {
      const built = await build(application, { ...readSettings(process.env, faults), ...rest })
      running = built.running
      return built.host
    },
    () => running && onReady(running),
  )
}

async function build(application: Application, options: StartOptions): Promise<BuiltApplication> {
  const environment = options.environment ?? systemEnvironment()
  const instance = `${HOST}/${environment.identifiers.next()}`
  const [telemetry, ours] = options.telemetry
    ? [options.telemetry, []]
    : await ownTelemetry(application, environment, instance, options.otlpEndpoint)
  const { dataFolder, databaseUrl, port = DEFAULT_PORT, beside, seams } = options
  const server = await openDatabaseServer({
    environment,
    dataFolder,
    databaseUrl,
    host: HOST,
    log: telemetry.log,
  })
  try {
    const ground = await groundOf(server, application, telemetry)
    const components = [...ours, ...ground.components]
    const built = await buildApplication(
      application,
      { ...ground, components },
      { environment, telemetry, instance, dataFolder, port, doors: true, beside, seams },
    )
    server.listen({ replaced: () => void built.host.stop() })
    return built
  } catch (error) {
    await server.close()
    throw error
  }
}

/** Telemetry of our own, which exports its last spans when everything else has stopped. */
async function ownTelemetry(
  application: Application,
  environment: Environment,
  instance: string,
  otlpEndpoint: string | undefined,
): Promise<[Telemetry, Component[]]> {
  const telemetry = await createTelemetry({
    environment,
    service: application.name,
    instance,
    ...(otlpEndpoint !== undefined && { otlpEndpoint }),
  })
  return [telemetry, [component('telemetry', { close: () => telemetry.close() })]]
}

async function groundOf(
  server: DatabaseServer,
  { name }: Application,
  telemetry: Telemetry,
): Promise<Ground> {
  const databases = databasesOf(server)
  return {
    admin: await databases.ofApplication(name),
    passwordSecret: server.passwordSecret,
    namespace: name,
    components: [databaseComponent(server, telemetry)],
    database: (further) => databases.named(`${name}_${further}`),
  }
}
