import { join } from 'node:path'
import {
  buildApplication,
  databasesOf,
  HOST,
  type Application,
  type Ground,
  type Place,
  type RunningApplication,
  type Seams,
} from '../application/index.ts'
import { wireForced } from '../call/index.ts'
import type { PublishedEventType } from '../contract/index.ts'
import {
  systemEnvironment,
  type Clock,
  type Environment,
  type FaultPoints,
  type Timers,
} from '../environment/index.ts'
import { component, type Component } from '../host/index.ts'
import type { HandledEvent } from '../service/index.ts'
import { connectAdmin, type ConnectionConfig, type Row } from '../storage/index.ts'
import { migratedTemplate } from './migrated-template.ts'
import { refuseParked } from './parked.ts'
import { publishedOf } from './published.ts'
import { temporaryBase } from './temporary-base.ts'
import { telemetryOf, type TestTelemetry } from './test-telemetry.ts'
import { adminOfTheRun, createThrowawayDatabase } from './throwaway-database.ts'

export interface TestApplicationOptions {
  /** Whether gateway and operations port listen, on free ports. Default: true. */
  readonly doors?: boolean | undefined
  /** The application's time, such as `createSkippableTime()`. Default: that of the machine. */
  readonly time?: { readonly clock: Clock; readonly timers: Timers } | undefined
  /** Everything between services and at the gateway goes through the text of the wire, with a duplicate and a lost answer for each call. */
  readonly wireForced?: boolean | undefined
  /** Put between callers and callees, for example to lose an answer or to hold a call back. */
  readonly transport?: Seams['transport']
  /** Crash points, such as `createFaultPoints()`. */
  readonly faults?: FaultPoints | undefined
  /** What else runs in the host, as in production. */
  readonly beside?: ((place: Place) => readonly Component[]) | undefined
  /**
   * Where log lines and traces go; the last spans arrive when the application has stopped. Default: warnings and errors
   * to standard error, for a person to read; `ARCHIPEL_TEST_LOG=silent` keeps those of a whole run to itself.
   */
  readonly telemetry?: TestTelemetry | undefined
  /** Whether the test means events to be parked. Without it {@link TestApplication.idle} fails when one was. */
  readonly mayPark?: boolean | undefined
  /** The server's administrator. Default: that of the run's server, from the global set-up. */
  readonly admin?: ConnectionConfig | undefined
}

/** An application that runs for one test, on a database of its own; `await using` stops it and throws that away. */
export interface TestApplication extends RunningApplication, AsyncDisposable {
  /** Keeps the operators' token and whatever the application puts there; removed at the end. */
  readonly dataFolder: string
  /** Asks the application's database as its administrator, past all services: for comparing the books. */
  query(text: string, values?: readonly unknown[]): Promise<Row[]>
  /**
   * Resolves once no event, saga or activity is in flight. @throws when an event was parked because its handler failed
   * at every attempt, with what the last one said.
   */
  idle(): Promise<void>
  /**
   * What was published of these events, in the order of the commits: `await app.published(orders.events.orderPlaced)`. It
   * is there as soon as the command that published it is answered; what handlers publish, after {@link idle}.
   */
  published<const TEvents extends readonly PublishedEventType[]>(
    ...events: TEvents
  ): Promise<readonly HandledEvent<TEvents[number]>[]>
  /** Wire-forced only: commands that answered the same key in two ways. A good test ends with none. */
  readonly differences: readonly string[]
}

/** Starts an application as {@link startApplication} does, on a copy of a migrated database. */
export async function startTestApplication(
  application: Application,
  options: TestApplicationOptions = {},
): Promise<TestApplication> {
  await using parts = new AsyncDisposableStack()
  const { clock, timers } = options.time ?? {}
  const environment = systemEnvironment({
    ...(clock && timers && { clock, timers }),
    ...(options.faults && { faults: options.faults }),
  })
  const telemetry = await telemetryOf(application.name, options.telemetry, environment)
  const ground = await throwawayGround(application, options.admin ?? adminOfTheRun(), environment, parts)
  const dataFolder = await temporaryFolder(environment, parts)
  const connection = parts.use(await connectAdmin(ground.admin))
  const differences: string[] = []
  const components = [component('telemetry', { close: () => telemetry.close() })]
  const { host, running } = await buildApplication(
    application,
    { ...ground, components },
    {
      environment,
      telemetry,
      instance: `${HOST}/${environment.identifiers.next()}`,
      dataFolder,
      port: 0,
      doors: options.doors ?? true,
      beside: options.beside,
      seams: { transport: transportOf(application, options, differences) },
    },
  )
  await host.start()
  parts.defer(() => running.stop())
  const owned = parts.move()
  const further = {
    dataFolder,
    differences,
    query: connection.query,
    published: <const TEvents extends readonly PublishedEventType[]>(...events: TEvents) =>
      publishedOf(connection.query, events),
    async idle() {
      await running.idle()
      if (options.mayPark !== true) await refuseParked(application, connection.query)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
  const { idle: _plain, ...rest } = Object.getOwnPropertyDescriptors(running)
  return Object.defineProperties(further, rest) as typeof further & RunningApplication
}

function transportOf(
  application: Application,
  { wireForced: forced, transport }: TestApplicationOptions,
  differences: string[],
): NonNullable<Seams['transport']> {
  return (local, environment) => {
    const between = forced ? wireForced(local, forcing(application, differences)) : local
    return transport?.(between, environment) ?? between
  }
}

function forcing({ services }: Application, differences: string[]): Parameters<typeof wireForced>[1] {
  return {
    contracts: services.map(({ contract }) => contract),
    onDifference: ({ service, operation }, first, second) =>
      void differences.push(`${service}.${operation}: ${first} then ${second}`),
  }
}

async function throwawayGround(
  application: Application,
  admin: ConnectionConfig,
  environment: Environment,
  parts: AsyncDisposableStack,
): Promise<Ground> {
  const { database, namespace, passwordSecret } = await migratedTemplate(application, admin, environment)
  const own = parts.use(await createThrowawayDatabase({ admin, template: database }))
  return {
    admin: own.connection,
    namespace,
    passwordSecret,
    components: [],
    async database(name) {
      const further = await databasesOf({ embedded: true, adminConnection: admin }).named(
        `${own.namespace}_${name}`,
      )
      parts.defer(() => dropDatabase(admin, further.database))
      return further
    },
  }
}

async function dropDatabase(admin: ConnectionConfig, name: string): Promise<void> {
  await using connection = await connectAdmin(admin)
  await connection.query(`drop database if exists ${name} with (force)`)
}

async function temporaryFolder(
  { files, identifiers }: Environment,
  parts: AsyncDisposableStack,
): Promise<string> {
  const folder = join(await temporaryBase(files), `archipel test ${identifiers.next()}`)
  await files.makeFolder(folder)
  parts.defer(() => files.remove(folder))
  return folder
}
