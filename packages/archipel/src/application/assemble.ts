import {
  createBoundsSource,
  createEndpointDirectory,
  createLocalTransport,
  createPipeline,
  type BoundsSource,
  type CallPipeline,
  type Transport,
} from '../call/index.ts'
import type { Environment } from '../environment/index.ts'
import {
  createEventLog,
  createInboxStore,
  createMessaging,
  type EventLog,
  type InboxStore,
  type Messaging,
  type MessagingOptions,
} from '../messaging/index.ts'
import type { ActivityRunner, SagaEngine } from '../saga/index.ts'
import { bindService, type AnyService, type BoundService, type ServiceRuntime } from '../service/index.ts'
import {
  createIdempotencyStore,
  createServiceDatabase,
  type OpenServiceDatabase,
  type PreparedDatabase,
  type ServiceDatabase,
} from '../storage/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Application } from './types.ts'
import { createBus, type Bus } from './bus.ts'
import { createActivities, createSagas } from './long-running.ts'

/**
 * Seams at which a test puts something of its own between the parts of an application: a transport that forces the
 * wire format, a log or an inbox that is broken on purpose.
 */
export interface Seams {
  readonly transport?: ((local: Transport, environment: Environment) => Transport) | undefined
  readonly eventLog?: ((log: EventLog, database: ServiceDatabase) => EventLog) | undefined
  readonly inboxStore?: ((store: InboxStore, database: ServiceDatabase) => InboxStore) | undefined
}

export interface AssemblyOptions {
  readonly environment: Environment
  readonly telemetry: Telemetry
  /** Names this run of this host; never used again by another. */
  readonly instance: string
  readonly prepared: PreparedDatabase
  readonly seams: Seams
}

/** One service with everything that works for it. */
export interface AssembledService {
  readonly name: string
  readonly database: OpenServiceDatabase
  readonly bound: BoundService
  readonly sagas: SagaEngine | undefined
  readonly activities: ActivityRunner | undefined
}

/** The services of an application, joined but not yet at work. */
export interface Assembly {
  readonly services: readonly AssembledService[]
  readonly messaging: Messaging
  readonly transport: Transport
  readonly pipeline: CallPipeline
  /** Closes all connections to the database. */
  close(): Promise<void>
}

/** Joins services, bus, sagas and activities. Opens no connection: those are made when they are needed. */
export function assemble(application: Application, options: AssemblyOptions): Assembly {
  const { environment, seams } = options
  const endpoints = createEndpointDirectory()
  const local = createLocalTransport(endpoints)
  const transport = seams.transport?.(local, environment) ?? local
  const bounds = createBoundsSource(environment)
  const pipeline = createPipeline({ environment, transport, bounds })
  const bus = createBus()
  const busDatabase = createServiceDatabase({
    environment,
    service: 'bus',
    writer: options.prepared.bus,
    reader: options.prepared.bus,
    poolLimit: 2,
  })
  const services = application.services.map((service) =>
    assembleService(service, { ...options, transport, bounds, pipeline, bus }),
  )
  for (const { bound } of services) endpoints.register(bound.endpoint)
  const databases = new Map(services.map(({ name, database }) => [name, database]))
  const messaging = createMessaging({
    environment,
    telemetry: options.telemetry,
    instance: options.instance,
    bus: busDatabase,
    databases,
    subscriptions: services.flatMap(({ bound }) => bound.subscriptions),
    published: application.services.flatMap(({ contract }) => Object.values(contract.events)),
    ...portsOf(seams),
  })
  bus.connect(messaging)
  return {
    services,
    messaging,
    transport,
    pipeline,
    close: async () =>
      void (await Promise.all([busDatabase, ...databases.values()].map((database) => database.close()))),
  }
}

interface ServiceAssemblyOptions extends AssemblyOptions {
  readonly transport: Transport
  readonly bounds: BoundsSource
  readonly pipeline: CallPipeline
  readonly bus: Bus
}

function assembleService(service: AnyService, options: ServiceAssemblyOptions): AssembledService {
  const { environment, telemetry, transport, bounds, pipeline, bus } = options
  const { name } = service.contract
  const database = createServiceDatabase({ environment, service: name, ...options.prepared.service(name) })
  const idempotency = createIdempotencyStore(database)
  const eventLog = bus.eventLog(name)
  const sagas = createSagas(service, { ...options, database, transport })
  const activities = createActivities(service, {
    ...options,
    database,
    idempotency,
    eventLog,
    kick: bus.kick,
  })
  const runtime: ServiceRuntime = {
    environment,
    telemetry,
    database,
    idempotency,
    eventLog,
    pipeline,
    bounds,
    sagas,
    activities,
    hints: bus.hints,
    kick: bus.kick,
  }
  const bound = bindService(service, runtime)
  activities?.register(bound.activities)
  return { name, database, bound, sagas, activities }
}

/** Only what a seam changes: messaging asks its own log and inbox together. */
function portsOf({
  eventLog,
  inboxStore,
}: Seams): Pick<MessagingOptions, 'createEventLog' | 'createInboxStore'> {
  return {
    ...(eventLog && { createEventLog: (database) => eventLog(createEventLog(database), database) }),
    ...(inboxStore && { createInboxStore: (database) => inboxStore(createInboxStore(database), database) }),
  }
}
