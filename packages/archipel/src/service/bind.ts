import type { CallBounds, CallRequest, StreamItem } from '../call/index.ts'
import { frameworkError } from '../errors/index.ts'
import type { BoundActivity } from '../saga/index.ts'
import { createActivityExecutor } from './activity.ts'
import { bindActivity } from './activity-binding.ts'
import { createCommandExecutor } from './command.ts'
import { readContextClass, type ReadContext } from './context.ts'
import { createOperationParts, type OperationParts } from './operation-parts.ts'
import { createQueryExecutor, type CallExecutor } from './query.ts'
import type { BoundService, ServiceRuntime } from './runtime.ts'
import { createServiceParts } from './service-parts.ts'
import { createStreamExecutor, type StreamExecutor } from './stream.ts'
import { bindSubscription } from './subscription.ts'
import type { AnyService, OperationImplementation } from './types.ts'
import { validateDefinition } from './validate-definition.ts'

interface Executors {
  readonly calls: Map<string, CallExecutor>
  readonly streams: Map<string, StreamExecutor>
  readonly activities: BoundActivity[]
}

/**
 * Puts a service into a host: its endpoint for transports, its subscriptions for the bus, its activities for who runs
 * them. Its sagas are in `definition.sagas`.
 *
 * @throws ARC_APPLICATION_INVALID for a service that isn't complete
 */
export function bindService(
  { definition }: Pick<AnyService, 'definition'>,
  runtime: ServiceRuntime,
): BoundService {
  validateDefinition(definition)
  const parts = createServiceParts(definition, runtime)
  const Context = readContextClass(parts.clients)
  const executors: Executors = { calls: new Map(), streams: new Map(), activities: [] }
  for (const [name, implementation] of Object.entries(definition.operations)) {
    const operation = definition.contract.operations[name]
    if (operation !== undefined)
      addExecutor(executors, createOperationParts(parts, name, operation), implementation, Context)
  }
  return {
    endpoint: { service: parts.name, ...doorOf(parts.name, executors) },
    subscriptions: definition.subscriptions.map((subscription) => bindSubscription(parts, subscription)),
    activities: executors.activities,
  }
}

function addExecutor(
  { calls, streams, activities }: Executors,
  parts: OperationParts,
  implementation: OperationImplementation,
  Context: typeof ReadContext,
): void {
  const { name, definition } = parts
  if ('activity' in implementation) {
    const activity = bindActivity(parts, implementation.activity)
    activities.push(activity)
    calls.set(name, createActivityExecutor(parts, implementation, activity))
  } else if (definition.kind === 'query')
    calls.set(name, createQueryExecutor(parts, implementation.handler, Context))
  else if (definition.kind === 'command')
    calls.set(name, createCommandExecutor(parts, { ...implementation, Context }))
  else streams.set(name, createStreamExecutor(parts, { ...implementation, Context }))
}

function doorOf(service: string, { calls, streams }: Executors) {
  return {
    call(request: CallRequest, bounds: CallBounds): Promise<unknown> {
      const execute = calls.get(request.operation)
      return execute === undefined
        ? Promise.reject(unknownOperation(service, request))
        : execute(request, bounds)
    },
    stream(request: CallRequest, bounds: CallBounds): AsyncIterable<StreamItem> {
      const execute = streams.get(request.operation)
      if (execute === undefined) throw unknownOperation(service, request)
      return execute(request, bounds)
    },
  }
}

function unknownOperation(service: string, { operation }: CallRequest): Error {
  return frameworkError('ARC_NOT_FOUND', `${service} has no operation '${operation}' to be called like this`)
}
