import type { CallBounds, CallRequest } from '../call/index.ts'
import { isArchipelError } from '../errors/index.ts'
import { requireOwnOutput } from './access.ts'
import type { ReadContext } from './context.ts'
import { observe } from './observed.ts'
import { errorOfFramework, errorOfHandler, type OperationParts } from './operation-parts.ts'

type Handler = (input: unknown, context: unknown) => unknown
export type CallExecutor = (request: CallRequest, bounds: CallBounds) => Promise<unknown>

/** Runs a query: access, input, handler, owner of the answer, output. */
export function createQueryExecutor(
  parts: OperationParts,
  handler: Handler,
  Context: typeof ReadContext,
): CallExecutor {
  const { access, definition } = parts
  const rule = { fields: access.ownerFields, paged: definition.paged }

  return async (request, bounds) => {
    const { metadata } = request
    const observation = observe(parts, request)
    let inHandler = false
    try {
      const admitted = access.admit(metadata)
      const input = parts.input(request.input)
      inHandler = true
      const result = await handler(input, new Context(parts, request, bounds, observation.span.traceparent))
      if (isArchipelError(result)) throw result
      inHandler = false
      const output = parts.output(result)
      if (admitted === 'if-owner') requireOwnOutput(output, metadata.principal, rule, parts.absent)
      observation.succeeded()
      return output
    } catch (error) {
      const failure = inHandler
        ? errorOfHandler(parts, error, metadata)
        : errorOfFramework(parts, error, metadata)
      observation.failed(failure)
      throw failure
    }
  }
}
