import { join } from 'node:path'
import { checkPaths, openApi } from '../contract/index.ts'
import type { Environment } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'
import { createGateway, jwtAuthenticator, type Authenticate, type TokenOptions } from '../gateway/index.ts'
import {
  createOperationsDoor,
  type Component,
  type HostHealth,
  type OperatorAction,
  type OperatorOperation,
} from '../host/index.ts'
import type { ConnectionConfig } from '../storage/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Application } from './types.ts'
import type { Assembly } from './assemble.ts'
import type { CreateInsideClient } from './clients.ts'
import { asyncApiOf } from './documents.ts'
import { activityOperations } from './operations/activity-operations.ts'
import { callOperations } from './operations/call-operations.ts'
import { deliveryOperations } from './operations/delivery-operations.ts'
import { eventOperations } from './operations/event-operations.ts'
import { findActions } from './operator-actions.ts'
import { sagaOperations } from './operations/saga-operations.ts'
import { subscriptionOperations } from './operations/subscription-operations.ts'
import { setUpOperations } from './operations/set-up-operations.ts'
import { storyOperations } from './operations/story-operations.ts'

export interface DoorOptions {
  readonly environment: Environment
  readonly telemetry: Telemetry
  readonly client: CreateInsideClient
  readonly dataFolder: string
  /** The name of the host whose doors they are. */
  readonly host: string
  /** What else runs in this host: it may offer operations to operators. */
  readonly beside: readonly Component[]
  readonly port: (offset: number) => number
  readonly ready: () => boolean
  readonly health: () => HostHealth
  readonly record: (action: OperatorAction) => Promise<void>
  /** The administrator's way into the application's database. */
  readonly admin: ConnectionConfig
}

export interface Doors {
  /** In the order of their start: operators can look in before the public can. */
  readonly components: readonly Component[]
  readonly url: () => string
  readonly operationsUrl: () => string
}

/** Of an application that nobody reaches from outside. */
export const NO_DOORS: Doors = { components: [], url: () => '', operationsUrl: () => '' }

const LOOPBACK = '127.0.0.1'

/** The public port and the operators' one. */
export function createDoors(application: Application, assembly: Assembly, options: DoorOptions): Doors {
  const operations = createOperations(application, assembly, options)
  const gateway = application.gateway && createPublicDoor(application, application.gateway, assembly, options)
  return {
    components: gateway ? [operations, gateway] : [operations],
    url: () => (gateway ? `http://${LOOPBACK}:${gateway.port}` : ''),
    operationsUrl: () => `http://${LOOPBACK}:${operations.port}`,
  }
}

function createOperations(
  application: Application,
  { services, messaging, pipeline }: Assembly,
  options: DoorOptions,
) {
  const engines = new Map(services.flatMap(({ name, sagas }) => (sagas ? [[name, sagas] as const] : [])))
  const runners = new Map(
    services.flatMap(({ name, activities }) => (activities ? [[name, activities] as const] : [])),
  )
  const contracts = application.services.map(({ contract }) => contract)
  return createOperationsDoor({
    environment: options.environment,
    telemetry: options.telemetry,
    port: options.port(1),
    tokenFile: join(options.dataFolder, 'operations-token'),
    addressFile: join(options.dataFolder, 'operations-door.json'),
    host: options.host,
    title: `${application.name}: operations`,
    operations: joined(options.beside, {
      ...sagaOperations(engines),
      ...deliveryOperations(messaging.operations),
      ...subscriptionOperations(messaging.operations),
      ...activityOperations(runners),
      ...callOperations({
        environment: options.environment,
        application: application.name,
        basePath: application.gateway?.prefix,
        contracts,
        pipeline,
      }),
      ...eventOperations(messaging.operations, contracts),
      ...storyOperations({
        services: services.map(({ name, database, activities }) => ({
          database,
          sagas: sagaNames(application, name),
          hasActivities: activities !== undefined,
        })),
        messaging: messaging.operations,
        actions: findActions(options.admin),
      }),
      ...setUpOperations(options.environment, options.admin),
    }),
    ready: options.ready,
    health: () => ({
      ...options.health(),
      components: options.health().components.map((part) => ({ ...part })),
    }),
    record: options.record,
  })
}

/** The operations of the framework, and those that components bring. @throws ARC_APPLICATION_INVALID for a name that is taken */
function joined(
  components: readonly Component[],
  ours: Readonly<Record<string, OperatorOperation>>,
): Record<string, OperatorOperation> {
  const all = { ...ours }
  for (const { name, operations = {} } of components) {
    for (const [operation, implementation] of Object.entries(operations)) {
      if (Object.hasOwn(all, operation))
        throw frameworkError(
          'ARC_APPLICATION_INVALID',
          `component '${name}': there already is an operator's operation '${operation}'`,
        )
      all[operation] = implementation
    }
  }
  return all
}

function sagaNames({ services }: Application, name: string): readonly string[] {
  const { sagas = [] } = services.find(({ contract }) => contract.name === name)?.definition ?? {}
  return [...new Set(sagas.map((saga) => saga.name))]
}

function createPublicDoor(
  application: Application,
  definition: NonNullable<Application['gateway']>,
  { transport }: Assembly,
  options: DoorOptions,
) {
  const contracts = application.services.map((service) => service.contract)
  checkPaths(contracts)
  return createGateway({
    contracts,
    transport,
    environment: options.environment,
    telemetry: options.telemetry,
    definition,
    authenticate: definition.tokens && authenticator(definition.tokens, options),
    openApi: () => openApi({ title: application.name, contracts, basePath: definition.prefix }),
    asyncApi: () => asyncApiOf(application),
    ready: options.ready,
    host: LOOPBACK,
    port: options.port(0),
  })
}

/** Checks tokens with the keys that a service of the application publishes. */
function authenticator(
  { issuer, audience, keys }: TokenOptions,
  { environment, telemetry, client }: DoorOptions,
): Authenticate {
  const issuing: Record<string, unknown> = client(keys.contract)
  return jwtAuthenticator({
    issuer,
    audience,
    environment,
    log: telemetry.log,
    keys: async () => {
      const ask = issuing[keys.operation]
      return typeof ask === 'function' ? ask({}) : undefined
    },
  })
}
