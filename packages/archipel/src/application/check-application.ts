import type { Contract } from '../contract/index.ts'
import { frameworkError, listingDetails } from '../errors/index.ts'
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
    ...missingFaults(application),
    ...application.services.flatMap((service) => eventFaults(service, application)),
    ...routeFaults(application),
    ...gatewayFaults(application),
  ]
  if (faults.length === 0) return
  const lines = faults.map(({ path, message }) => `  ${path}: ${message}`)
  const issues = faults.map(({ path, message }) => ({ path, message }))
  throw listingDetails(
    frameworkError(
      'ARC_APPLICATION_INVALID',
      `The application '${application.name}' does not fit together:\n${lines.join('\n')}`,
      { details: { issues } },
    ),
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

/** A place where one service needs another. */
interface Need {
  readonly path: string
  readonly name: string
  /** Whom it calls; of the publisher of an event no more than the name is known. */
  readonly contract?: Contract
}

/** Everything a service reads, calls or listens to must be there. One that is missing is one fault, however many need it. */
function missingFaults({ services }: Application): Fault[] {
  const present = new Set(services.map(({ contract }) => contract.name))
  const missing = Map.groupBy(
    services.flatMap(needsOf).filter(({ name }) => !present.has(name)),
    ({ name }) => name,
  )
  return [...missing].map(([name, [first, ...others]]) => {
    const also = others.length === 0 ? '' : ` (nor for ${others.map(({ path }) => path).join(', ')})`
    const contract = first?.contract ?? others.find((need) => need.contract)?.contract
    return {
      path: first?.path ?? 'services',
      message: `there is no service '${name}' in this application${also}. ${adviceFor(name, contract)}`,
    }
  })
}

function adviceFor(name: string, contract: Contract | undefined): string {
  const answers = contract === undefined ? '' : ', { … }'
  const each = contract === undefined ? '' : ', with an answer for each operation that is called'
  return `Add it to \`services\`; in place of another team's write standIn(${name}${answers}).service there (from 'archipel/testing', with its contract)${each}`
}

function needsOf({ contract, definition }: AnyService): Need[] {
  const path = `services.${contract.name}`
  const called = (where: string, uses: Readonly<Record<string, Contract>>): Need[] =>
    Object.entries(uses).map(([name, used]) => ({
      path: `${path}.${where}uses.${name}`,
      name: used.name,
      contract: used,
    }))
  return [
    ...called('', definition.uses),
    ...definition.sagas.flatMap((saga) => called(`sagas.${saga.name}.`, saga.uses)),
    ...definition.activities.flatMap((activity) => called(`activities.${activity.name}.`, activity.uses)),
    ...definition.subscriptions.flatMap(({ events, options }) =>
      [...new Set(events.map(({ publisher }) => publisher))].map((name) => ({
        path: `${path}.on.${options.name}`,
        name,
      })),
    ),
  ]
}

/** What a service listens to must be published by who is there. */
function eventFaults({ contract, definition }: AnyService, { services }: Application): Fault[] {
  const present = new Map(services.map((service) => [service.contract.name, service.contract]))
  return definition.subscriptions.flatMap(({ events, options }) =>
    events.flatMap((event) => {
      const publisher = present.get(event.publisher)
      if (publisher === undefined || publisher.events[event.name]?.type === event.type) return []
      return {
        path: `services.${contract.name}.on.${options.name}`,
        message: `${event.publisher} ${publisher.version} does not publish '${event.type}'`,
      }
    }),
  )
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
