import { frameworkError } from '../errors/index.ts'
import type { EndpointDirectory } from './endpoint-directory.ts'
import type { Endpoint, Transport } from './types.ts'

/**
 * Carries calls between services of one process. The callee's validation copies input and output; errors are copied
 * where the caller's pipeline takes them. So nothing is shared, and nothing stands between the two but a look-up.
 */
export function createLocalTransport(endpoints: Pick<EndpointDirectory, 'find'>): Transport {
  const absent = (service: string) =>
    frameworkError('ARC_UNAVAILABLE', `No service '${service}' runs in this host`)

  return {
    call(request, bounds) {
      const endpoint: Endpoint | undefined = endpoints.find(request.service)
      return endpoint === undefined ? Promise.reject(absent(request.service)) : endpoint.call(request, bounds)
    },
    stream(request, bounds) {
      const endpoint = endpoints.find(request.service)
      if (endpoint === undefined) throw absent(request.service)
      return endpoint.stream(request, bounds)
    },
    download(request, bounds) {
      const endpoint = endpoints.find(request.service)
      return endpoint === undefined
        ? Promise.reject(absent(request.service))
        : endpoint.download(request, bounds)
    },
  }
}
