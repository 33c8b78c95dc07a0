import { requireTime, type CallBounds, type CallRequest, type StreamItem } from '../call/index.ts'
import type { ReadContext } from './context.ts'
import { observe } from './observed.ts'
import { errorOfFramework, errorOfHandler, type OperationParts } from './operation-parts.ts'
import type { ErasedHandler, ErasedOwnerOf } from './types.ts'

export interface StreamImplementation {
  readonly handler: ErasedHandler
  readonly ownerOf: ErasedOwnerOf | undefined
  readonly Context: typeof ReadContext
}

export type StreamExecutor = (request: CallRequest, bounds: CallBounds) => AsyncIterable<StreamItem>

/** Runs a stream: access, input, owner, then items as the handler gives them, each validated. */
export function createStreamExecutor(
  parts: OperationParts,
  implementation: StreamImplementation,
): StreamExecutor {
  return async function* (request, bounds) {
    const { metadata } = request
    const observation = observe(parts, request)
    let finished = false
    try {
      const admitted = parts.access.admit(metadata)
      const input = parts.input(request.input)
      requireTime(bounds, parts.service.runtime.environment.clock)
      const context = new implementation.Context(parts, request, bounds, observation.span.traceparent)
      if (admitted === 'if-owner') await requireOwner(parts, implementation, { input, request, context })
      for await (const item of itemsOf(implementation.handler(input, context))) {
        yield { id: item.id, data: parts.output(item.data) }
      }
      finished = true
      observation.succeeded()
    } catch (error) {
      finished = true
      const failure = bounds.signal.aborted
        ? errorOfFramework(parts, bounds.signal.reason, metadata)
        : outward(parts, error, request)
      observation.failed(failure)
      throw failure
    } finally {
      // The reader left in the middle: nothing went wrong.
      if (!finished) observation.succeeded()
    }
  }
}

function outward(parts: OperationParts, error: unknown, request: CallRequest) {
  return error instanceof OutOfHandler
    ? errorOfHandler(parts, error.cause, request)
    : errorOfFramework(parts, error, request.metadata)
}

/** Tells what a handler threw from what the framework around it threw. */
class OutOfHandler extends Error {}

async function* itemsOf(items: unknown): AsyncIterable<StreamItem> {
  try {
    // The types of `operation` let nothing else pass as the handler of a stream.
    yield* items as AsyncIterable<StreamItem>
  } catch (error) {
    throw new OutOfHandler('a handler failed', { cause: error })
  }
}

async function requireOwner(
  parts: OperationParts,
  { ownerOf }: StreamImplementation,
  { input, request, context }: { input: unknown; request: CallRequest; context: ReadContext },
): Promise<void> {
  const owner = await Promise.resolve(ownerOf?.(input, context.db)).catch((error: unknown) => {
    throw new OutOfHandler('ownerOf failed', { cause: error })
  })
  const { principal } = request.metadata
  if (owner === undefined || owner !== principal?.id) throw parts.absent()
}
