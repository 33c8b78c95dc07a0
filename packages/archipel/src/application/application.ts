import { frameworkError } from '../errors/index.ts'
import type { GatewayDefinition } from '../gateway/index.ts'
import type { AnyService, CompleteServices } from '../service/index.ts'
import { checkApplication } from './check-application.ts'
import type { Application } from './types.ts'

export interface ApplicationOptions<TServices extends readonly AnyService[]> {
  /** Complete ones: missing handlers are an error of the compiler here. Those of another application may be among them. */
  readonly services: CompleteServices<TServices>
  readonly gateway?: GatewayDefinition | undefined
}

/**
 * Puts services together. The name is part of roles and of the database: keep it.
 * @param name a small letter, then letters and digits, at most 20.
 * @throws ARC_APPLICATION_INVALID listing everything that doesn't fit together, each with its path.
 */
export function application<const TServices extends readonly AnyService[]>(
  name: string,
  options: ApplicationOptions<TServices>,
): Application
export function application(
  name: string,
  {
    services,
    gateway,
  }: { readonly services: readonly unknown[]; readonly gateway?: GatewayDefinition | undefined },
): Application {
  const made: Application = { name, services: services.map(asService), gateway }
  checkApplication(made)
  return Object.freeze(made)
}

/** The types say the same; this is for who comes from JavaScript. */
function asService(value: unknown, index: number): AnyService {
  if (isService(value)) return value
  throw frameworkError(
    'ARC_APPLICATION_INVALID',
    `services[${index}] is no service: give what service(contract, …) makes, not the contract`,
  )
}

function isService(value: unknown): value is AnyService {
  return typeof value === 'object' && value !== null && 'contract' in value && 'definition' in value
}

/** Whether a value is what {@link application} makes. */
export function isApplication(value: unknown): value is Application {
  if (typeof value !== 'object' || value === null) return false
  const { name, services }: { name?: unknown; services?: unknown } = value
  return typeof name === 'string' && Array.isArray(services)
}
