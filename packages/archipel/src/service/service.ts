import type { Contract, PublishedEventType } from '../contract/index.ts'
import { frameworkError, type ArchipelError } from '../errors/index.ts'
import type { ActivityDefinition, Uses } from '../saga/index.ts'
import type { Sagas } from './handler-types.ts'
import type {
  OperationImplementation,
  Service,
  ServiceDefinition,
  ServiceOptions,
  SubscriptionImplementation,
  SubscriptionOptions,
} from './types.ts'

const SUBSCRIPTION_NAME = /^[a-z][a-z0-9-]{0,59}$/

/**
 * Begins the implementation of a contract. Each call adds to a copy, so that a part that two services share can be
 * written once. Where a service is used, one whose operations don't all have handlers is an error of the compiler.
 */
export function service<
  TContract extends Contract,
  const TUses extends Uses = {},
  const TSagas extends Sagas = readonly [],
  const TActivities extends readonly ActivityDefinition[] = readonly [],
>(
  contract: TContract,
  options: ServiceOptions<TUses, TSagas, TActivities>,
): Service<TContract, TUses, readonly [...TSagas, ...TActivities], never>
export function service(
  contract: Contract,
  options: ServiceOptions<Uses, Sagas, readonly ActivityDefinition[]>,
): unknown {
  return builder({
    contract,
    migrations: options.database?.migrations,
    uses: options.uses ?? {},
    sagas: options.sagas ?? [],
    activities: options.activities ?? [],
    operations: {},
    subscriptions: [],
  })
}

interface Before {
  readonly prepare?: (input: unknown, context: unknown) => unknown
  readonly ownerOf?: OperationImplementation['ownerOf']
}
type Handler = (input: unknown, context: unknown, prepared?: unknown) => unknown

function builder(definition: ServiceDefinition): object {
  const subscribe =
    (takes: SubscriptionImplementation['takes']) =>
    (
      events: PublishedEventType | readonly PublishedEventType[],
      options: SubscriptionOptions,
      handler: SubscriptionImplementation['handler'],
    ) =>
      builder(withSubscription(definition, { events: [events].flat(), options, takes, handler }))
  return Object.freeze({
    contract: definition.contract,
    definition,
    operation(
      name: string,
      ...rest: readonly [Handler | ActivityDefinition] | readonly [Before, Handler | ActivityDefinition]
    ) {
      const [before, handler] = rest.length === 1 ? [{}, rest[0]] : rest
      return builder(withOperation(definition, name, implementationOf(before, handler)))
    },
    on: subscribe('event'),
    onPage: subscribe('page'),
  })
}

function implementationOf(
  { prepare, ownerOf }: Before,
  handler: Handler | ActivityDefinition,
): OperationImplementation {
  return typeof handler === 'function' ? { handler, prepare, ownerOf } : { activity: handler, ownerOf }
}

function withOperation(
  definition: ServiceDefinition,
  name: string,
  operation: OperationImplementation,
): ServiceDefinition {
  const { contract, operations } = definition
  if (!Object.hasOwn(contract.operations, name))
    throw invalid(`the contract '${contract.name}' has no operation '${name}'`)
  if (Object.hasOwn(operations, name)) throw invalid(`${contract.name} has two handlers for '${name}'`)
  return { ...definition, operations: { ...operations, [name]: operation } }
}

function withSubscription(
  definition: ServiceDefinition,
  subscription: SubscriptionImplementation,
): ServiceDefinition {
  const { name } = subscription.options
  const path = `${definition.contract.name}, subscription '${name}'`
  if (!SUBSCRIPTION_NAME.test(name))
    throw invalid(`${path}: a name is 1 to 60 small letters, digits and hyphens`)
  if (definition.subscriptions.some(({ options }) => options.name === name))
    throw invalid(`${path}: there already is one of this name`)
  if (subscription.events.length === 0) throw invalid(`${path}: it handles no event`)
  if (new Set(subscription.events.map((event) => event.publisher)).size > 1)
    throw invalid(`${path}: its events come from one publisher`)
  return { ...definition, subscriptions: [...definition.subscriptions, subscription] }
}

function invalid(message: string): ArchipelError {
  return frameworkError('ARC_APPLICATION_INVALID', message)
}
