import type { CallBounds, CallRequest } from '../call/index.ts'
import { isArchipelError } from '../errors/index.ts'
import { requireOwnOutput } from './access.ts'
import type { ReadContext } from './context.ts'
import { observe, type Observation } from './observed.ts'
import { errorOfFramework, errorOfHandler, type OperationParts } from './operation-parts.ts'

type Handler = (input: unknown, context: unknown) => unknown
export type CallExecutor = (request: CallRequest, bounds: CallBounds) => Promise<unknown>

/** Runs a query: access, input, handler, owner of the answer, output. */
export function createQueryExecutor(
  parts: OperationParts,
  handler: Handler,
  Context: typeof ReadContext,
): CallExecutor {
  return (request, bounds) => new QueryCall(parts, request).run(handler, bounds, Context)
}

/**
 * One query at work. Written with `then`: as an asynchronous function it would wait once more for each call of a chain
 * of services, which is a sixth of what such a call costs.
 */
class QueryCall {
  readonly #parts: OperationParts
  readonly #request: CallRequest
  readonly #observation: Observation
  #onlyOwner = false
  #inHandler = false

  constructor(parts: OperationParts, request: CallRequest) {
    this.#parts = parts
    this.#request = request
    this.#observation = observe(parts, request)
  }

  run(handler: Handler, bounds: CallBounds, Context: typeof ReadContext): Promise<unknown> {
    try {
      const result = this.#handled(handler, bounds, Context)
      if (result instanceof Promise) return this.#awaited(result)
      return isThenable(result)
        ? this.#awaited(Promise.resolve(result))
        : Promise.resolve(this.#finish(result))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #handled(handler: Handler, bounds: CallBounds, Context: typeof ReadContext): unknown {
    const { access, input } = this.#parts
    const request = this.#request
    try {
      this.#onlyOwner = access.admit(request.metadata) === 'if-owner'
      const copy = input(request.input)
      this.#inHandler = true
      return handler(copy, new Context(this.#parts, request, bounds, this.#observation.span.traceparent))
    } catch (error) {
      throw this.#failure(error)
    }
  }

  #awaited(result: Promise<unknown>): Promise<unknown> {
    return result.then(
      (value) => this.#finish(value),
      (error: unknown) => {
        throw this.#failure(error)
      },
    )
  }

  /** @returns what leaves: cut to the contract, and only to whom it may go. */
  #finish(result: unknown): unknown {
    const { access, definition, output, absent } = this.#parts
    try {
      if (isArchipelError(result)) throw result
      this.#inHandler = false
      const answer = output(result)
      if (this.#onlyOwner) {
        const rule = { fields: access.ownerFields, paged: definition.paged }
        requireOwnOutput(answer, this.#request.metadata.principal, rule, absent)
      }
      this.#observation.succeeded()
      return answer
    } catch (error) {
      throw this.#failure(error)
    }
  }

  #failure(error: unknown): Error {
    const failure = this.#inHandler
      ? errorOfHandler(this.#parts, error, this.#request)
      : errorOfFramework(this.#parts, error, this.#request.metadata)
    this.#observation.failed(failure)
    return failure
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
