import type { Endpoint } from './types.ts'

/** The services of this process. Registering a name twice replaces the endpoint: the newest one answers. */
export interface EndpointDirectory {
  register(endpoint: Endpoint): void
  find(service: string): Endpoint | undefined
}

export function createEndpointDirectory(): EndpointDirectory {
  const endpoints = new Map<string, Endpoint>()
  return {
    register: (endpoint) => void endpoints.set(endpoint.service, endpoint),
    find: (service) => endpoints.get(service),
  }
}
