import { frameworkError } from '../errors/index.ts'
import type { EndpointDirectory } from './endpoint-directory.ts'
import type { CallBounds, CallRequest, Endpoint, StreamItem, Transport } from './types.ts'
import { carriedError } from './wire.ts'

/**
 * Carries calls between services of one process. Nothing is shared across it: the callee's validation copies
 * the input and the output, errors are carried as over a wire.
 */
export function createLocalTransport(endpoints: Pick<EndpointDirectory, 'find'>): Transport {
  function endpointOf(service: string): Endpoint {
    const endpoint = endpoints.find(service)
    if (endpoint === undefined) throw frameworkError('ARC_UNAVAILABLE', `No service '${service}' runs in this host`)
    return endpoint
  }

  return {
    async call(request, bounds) {
      try {
        return await endpointOf(request.service).call(request, bounds)
      } catch (error) {
        throw carriedError(error, request.metadata.correlationId)
      }
    },
    stream: (request, bounds) => carriedStream(request, bounds, endpointOf),
  }
}

async function* carriedStream(request: CallRequest, bounds: CallBounds, endpointOf: (service: string) => Endpoint): AsyncIterable<StreamItem> {
  try {
    yield* endpointOf(request.service).stream(request, bounds)
  } catch (error) {
    throw carriedError(error, request.metadata.correlationId)
  }
}
