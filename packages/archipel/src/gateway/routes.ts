import { accessAlternatives, type Access, type Contract, type Operation } from '../contract/index.ts'
import {
  createInputReader,
  createRouter,
  type InputLimits,
  type InputReader,
  type RouteEntry,
  type Router,
} from '../host/index.ts'
import { cachingOf, type Caching } from './caching.ts'
import { locationFrom } from './location.ts'

/** Everything about one operation that doesn't depend on the request, made once. */
export interface Route {
  readonly service: string
  readonly operation: string
  readonly kind: Operation['kind']
  /** `GET /api/v1/orders/{id}` */
  readonly label: string
  readonly template: string
  readonly method: string
  readonly public: boolean
  readonly status: number
  readonly read: InputReader
  readonly location: ((output: unknown) => string | undefined) | undefined
  readonly caching: Caching
  /** Whether its answers carry an entity tag of their bytes. */
  readonly tagged: boolean
  readonly attributes: Readonly<Record<string, string>>
}

export type Routes = Router<Route>

function isPublic(access: Access): boolean {
  return accessAlternatives(access).some(({ by }) => by === 'public')
}

/** Whether there is any way in for somebody outside. */
function isRoutable(access: Access): boolean {
  return accessAlternatives(access).some(({ by }) => by !== 'internal')
}

function routeOf(
  contract: Contract,
  name: string,
  operation: Operation,
  prefix: string,
  limits: InputLimits,
): RouteEntry<Route>[] {
  const { http, access, kind } = operation
  if (http === undefined || !isRoutable(access)) return []
  const template = `${prefix}${http.path}`
  const route: Route = {
    service: contract.name,
    operation: name,
    kind,
    label: `${http.method} ${template}`,
    template,
    method: http.method,
    public: isPublic(access),
    status: http.status,
    read: createInputReader(operation, limits),
    location: http.location === undefined ? undefined : locationFrom(prefix, http.location),
    caching: cachingOf(operation, isPublic(access)),
    tagged: kind === 'query' && operation.cache !== undefined,
    attributes: {
      'http.request.method': http.method,
      'http.route': template,
      'url.scheme': 'http',
      'rpc.service': contract.name,
      'rpc.method': name,
    },
  }
  return [{ method: http.method, template, route }]
}

/** The routes of all contracts. There is no other way to make one, and none without an access rule. */
export function createRoutes(contracts: readonly Contract[], prefix: string, limits: InputLimits): Routes {
  const entries = contracts.flatMap((contract) =>
    Object.entries(contract.operations).flatMap(([name, operation]) =>
      routeOf(contract, name, operation, prefix, limits),
    ),
  )
  return createRouter(entries)
}
