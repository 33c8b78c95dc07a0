import type { Contract } from '../contract/index.ts'
import { frameworkError } from '../errors/index.ts'
import type { AnyService } from '../service/index.ts'
import type { Application } from './types.ts'

interface Fault {
  readonly path: string
  readonly message: string
}

/** Whether the parts of an application fit together. @throws ARC_APPLICATION_INVALID with all faults. */
export function checkApplication(application: Application): void {
  const faults = [
    ...nameFaults(application),
    ...doubleFaults(application),
    ...application.services.flatMap((service) => serviceFaults(service, application)),
    ...routeFaults(application),
    ...gatewayFaults(application),
  ]
  if (faults.length === 0) return
  const lines = faults.map(({ path, message }) => `  ${path}: ${message}`)
  throw frameworkError(
    'ARC_APPLICATION_INVALID',
    `The application '${application.name}' does not fit together:\n${lines.join('\n')}`,
    {
      details: { issues: faults.map(({ path, message }) => ({ path, message })) },
    },
  )
}

function nameFaults({ name }: Application): Fault[] {
  return /^[a-z][a-z0-9]{0,19}$/.test(name)
    ? []
    : [
        {
          path: 'name',
          message: `'${name}' must be a small letter, then small letters and digits, 20 at most: roles are named after it`,
        },
      ]
}

function doubleFaults({ services }: Application): Fault[] {
  const names = services.map(({ contract }) => contract.name)
  return names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [{ path: `services[${index}]`, message: `there already is a service '${name}'` }]
      : [],
  )
}

/** Everything a service reads, calls or listens to must be there. */
function serviceFaults({ contract, definition }: AnyService, { services }: Application): Fault[] {
  const present = new Map(services.map((service) => [service.contract.name, service.contract]))
  const path = `services.${contract.name}`
  const missing = (where: string, name: string): Fault[] =>
    present.has(name)
      ? []
      : [{ path: `${path}.${where}`, message: `there is no service '${name}' in this application` }]
  return [
    ...Object.entries(definition.uses).flatMap(([name, used]) => missing(`uses.${name}`, used.name)),
    ...definition.sagas.flatMap((saga) =>
      Object.entries(saga.uses).flatMap(([name, used]) =>
        missing(`sagas.${saga.name}.uses.${name}`, used.name),
      ),
    ),
    ...definition.activities.flatMap((activity) =>
      Object.entries(activity.uses).flatMap(([name, used]) =>
        missing(`activities.${activity.name}.uses.${name}`, used.name),
      ),
    ),
    ...definition.subscriptions.flatMap(({ events, options }) =>
      events.flatMap((event) => eventFaults(event, `${path}.on.${options.name}`, present)),
    ),
  ]
}

function eventFaults(
  event: { publisher: string; name: string; type: string },
  path: string,
  present: ReadonlyMap<string, Contract>,
): Fault[] {
  const publisher = present.get(event.publisher)
  if (!publisher)
    return [{ path, message: `there is no service '${event.publisher}' that publishes '${event.type}'` }]
  if (publisher.events[event.name]?.type === event.type) return []
  return [{ path, message: `${event.publisher} ${publisher.version} does not publish '${event.type}'` }]
}

/** Two operations on one route: templates are the same when they differ only in the names of their parameters. */
function routeFaults({ services, gateway }: Application): Fault[] {
  const taken = new Map<string, string>()
  const faults: Fault[] = []
  for (const { contract } of services) {
    for (const [name, { http }] of Object.entries(contract.operations)) {
      if (!http) continue
      const path = `services.${contract.name}.operations.${name}`
      if (gateway && gateway.prefix !== '' && `${http.path}/`.startsWith(`${gateway.prefix}/`))
        faults.push({ path, message: prefixedTwice(http.path, gateway.prefix) })
      const route = `${http.method} ${http.path.replaceAll(/\{[^}]*\}/g, '{}')}`
      const other = taken.get(route)
      if (other === undefined) taken.set(route, path)
      else faults.push({ path, message: `'${http.method} ${http.path}' is the route of ${other} already` })
    }
  }
  return faults
}

function prefixedTwice(path: string, prefix: string): string {
  const without = path.slice(prefix.length) || '/'
  return `its route begins with the gateway's prefix '${prefix}', which is put before every route: write '${without}'`
}

function gatewayFaults({ gateway, services }: Application): Fault[] {
  const keys = gateway?.tokens?.keys
  if (!keys) return []
  const operation = services.find(({ contract }) => contract.name === keys.contract.name)?.contract
    .operations[keys.operation]
  if (operation?.kind === 'query') return []
  return [
    {
      path: 'gateway.tokens.keys',
      message: `there is no query '${keys.operation}' of a service '${keys.contract.name}' in this application`,
    },
  ]
}
