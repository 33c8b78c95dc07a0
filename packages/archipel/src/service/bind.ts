import type { CallBounds, CallRequest, Download, StreamItem } from '../call/index.ts'
import { frameworkError } from '../errors/index.ts'
import type { BoundActivity } from '../saga/index.ts'
import { createActivityExecutor } from './activity.ts'
import { bindActivity } from './activity-binding.ts'
import { createCommandExecutor } from './command.ts'
import { readContextClass, type ReadContext } from './context.ts'
import { createDownloadExecutor, type DownloadExecutor } from './download.ts'
import { createOperationParts, type OperationParts } from './operation-parts.ts'
import { createQueryExecutor, type CallExecutor } from './query.ts'
import type { BoundService, ServiceRuntime } from './runtime.ts'
import { createServiceParts } from './service-parts.ts'
import { createStreamExecutor, type StreamExecutor } from './stream.ts'
import { bindSubscription } from './subscription.ts'
import type { AnyService, OperationImplementation, ServiceDefinition } from './types.ts'
import { createUploadExecutor } from './upload.ts'
import { validateDefinition } from './validate-definition.ts'

interface Executors {
  readonly calls: Map<string, CallExecutor>
  readonly streams: Map<string, StreamExecutor>
  readonly downloads: Map<string, DownloadExecutor>
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
  const executors: Executors = {
    calls: new Map(),
    streams: new Map(),
    downloads: new Map(),
    activities: [],
  }
  for (const [name, implementation] of Object.entries(definition.operations)) {
    const operation = definition.contract.operations[name]
    if (operation !== undefined)
      addExecutor(executors, createOperationParts(parts, name, operation), implementation, Context)
  }
  return {
    endpoint: { service: parts.name, ...doorOf(definition, executors) },
    subscriptions: definition.subscriptions.map((subscription) => bindSubscription(parts, subscription)),
    activities: executors.activities,
  }
}

function addExecutor(
  { calls, streams, downloads, activities }: Executors,
  parts: OperationParts,
  implementation: OperationImplementation,
  Context: typeof ReadContext,
): void {
  const { name, definition } = parts
  if ('activity' in implementation) {
    const activity = bindActivity(parts, implementation.activity)
    activities.push(activity)
    calls.set(name, createActivityExecutor(parts, implementation, activity))
    return
  }
  const written = { ...implementation, Context }
  switch (definition.kind) {
    case 'query':
      return void calls.set(name, createQueryExecutor(parts, implementation.handler, Context))
    case 'command':
      return void calls.set(name, createCommandExecutor(parts, written))
    case 'upload':
      return void calls.set(name, createUploadExecutor(parts, written))
    case 'stream':
      return void streams.set(name, createStreamExecutor(parts, written))
    case 'download':
      return void downloads.set(name, createDownloadExecutor(parts, written))
  }
}

function doorOf(definition: ServiceDefinition, { calls, streams, downloads }: Executors) {
  return {
    call(request: CallRequest, bounds: CallBounds): Promise<unknown> {
      const execute = calls.get(request.operation)
      return execute === undefined
        ? Promise.reject(unknownOperation(definition, request))
        : execute(request, bounds)
    },
    stream(request: CallRequest, bounds: CallBounds): AsyncIterable<StreamItem> {
      const execute = streams.get(request.operation)
      if (execute === undefined) throw unknownOperation(definition, request)
      return execute(request, bounds)
    },
    download(request: CallRequest, bounds: CallBounds): Promise<Download> {
      const execute = downloads.get(request.operation)
      return execute === undefined
        ? Promise.reject(unknownOperation(definition, request))
        : execute(request, bounds)
    },
  }
}

function unknownOperation({ contract, standIn }: ServiceDefinition, { operation }: CallRequest): Error {
  const { name } = contract
  const message = standIn
    ? `The stand-in of ${name} has no answer for '${operation}': write standIn(${name}, { ${operation}: (input) => ({ … }) })`
    : `${name} has no operation '${operation}' to be called like this`
  return frameworkError('ARC_NOT_FOUND', message)
}
