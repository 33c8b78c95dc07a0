import { frameworkError } from '../../errors/index.ts'
import { accessAlternatives } from '../access.ts'
import { pathShape } from '../http-binding.ts'
import type { Access, Contract, HttpBinding, Operation } from '../types.ts'
import { createComponents, type Components } from './components.ts'
import type { OpenApiDocument, OpenApiOperation } from './document.ts'
import { describeRequest } from './request.ts'
import { describeResponses, ISSUES_SCHEMA, PROBLEM_SCHEMA } from './responses.ts'

export interface OpenApiOptions {
  readonly title: string
  /** The version of the whole. Default: `1.0.0`. */
  readonly version?: string
  readonly description?: string
  readonly contracts: readonly Contract[]
  /** What stands before every path, such as `/api/v1`: the server of the document. Default: `/`. */
  readonly basePath?: string
}

interface RoutedOperation {
  readonly contract: Contract
  readonly name: string
  readonly operation: Operation
  readonly http: HttpBinding
}

/**
 * Whether an OpenAPI document can be made of these contracts, which a host asks long before anybody wants the document.
 * @throws ARC_APPLICATION_INVALID where two of their operations claim one path.
 */
export function checkPaths(contracts: readonly Contract[]): void {
  refuseClashes(contracts.flatMap(routedOperations))
}

/**
 * The OpenAPI 3.1 document of several contracts: every operation that can be reached from outside. Paths are
 * relative to its one server, `basePath`. Refuses two contracts that claim one route.
 */
export function openApi({
  title,
  version = '1.0.0',
  description,
  contracts,
  basePath = '/',
}: OpenApiOptions): OpenApiDocument {
  const routed = contracts.flatMap(routedOperations)
  refuseClashes(routed)
  const components = createComponents()
  components.add('Problem', PROBLEM_SCHEMA)
  components.add('InputIssues', ISSUES_SCHEMA)
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const one of routed) {
    const path = (paths[one.http.path] ??= {})
    path[one.http.method.toLowerCase()] = describeOperation(one, components)
  }
  const tags = contracts.filter((contract) => routed.some((one) => one.contract === contract))
  return {
    openapi: '3.1.0',
    info: { title, version, ...(description !== undefined && { description }) },
    servers: [{ url: basePath }],
    tags: tags.map((contract) => ({
      name: contract.name,
      description: `${contract.name} ${contract.version}`,
    })),
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  }
}

function routedOperations(contract: Contract): readonly RoutedOperation[] {
  return Object.entries(contract.operations).flatMap(([name, operation]) =>
    operation.http === undefined ? [] : [{ contract, name, operation, http: operation.http }],
  )
}

function describeOperation(
  { contract, name, operation, http }: RoutedOperation,
  components: Components,
): OpenApiOperation {
  const id = capitalised(contract.name) + capitalised(name)
  return {
    operationId: contract.name + capitalised(name),
    ...(operation.summary !== undefined && { summary: operation.summary }),
    tags: [contract.name],
    ...describeRequest(id, operation, http, components),
    responses: describeResponses(id, operation, http, components),
    security: isPublic(operation.access) ? [] : [{ bearer: [] }],
    'x-archipel-access': operation.access,
  }
}

function refuseClashes(routed: readonly RoutedOperation[]): void {
  const seen = new Map<string, RoutedOperation>()
  const issues: { path: string; message: string }[] = []
  for (const one of routed) {
    const twin = seen.get(pathShape(one.http.path))
    if (
      twin !== undefined &&
      (twin.http.path !== one.http.path || routed.some((other) => isTwin(one, other)))
    ) {
      issues.push({
        path: `${one.contract.name}.${one.name}`,
        message: `clashes with ${twin.contract.name}.${twin.name}: ${one.http.method} ${one.http.path}`,
      })
    }
    seen.set(pathShape(one.http.path), twin ?? one)
  }
  if (issues.length === 0) return
  const lines = issues.map(({ path, message }) => `  ${path} ${message}`)
  throw frameworkError('ARC_APPLICATION_INVALID', ['Two operations claim one path:', ...lines].join('\n'), {
    details: { issues },
  })
}

function isTwin(one: RoutedOperation, other: RoutedOperation): boolean {
  return other !== one && other.http.method === one.http.method && other.http.path === one.http.path
}

function isPublic(access: Access): boolean {
  return accessAlternatives(access).some((way) => way.by === 'public')
}

function capitalised(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}
