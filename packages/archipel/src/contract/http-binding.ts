import type { HttpBinding, HttpMethod, OperationKind } from './types.ts'

/** How an operation is reached over HTTP, as a contract writes it. */
export interface HttpOptions<TMethod extends HttpMethod = HttpMethod> {
  /** Method and OpenAPI path template: `GET /products/{sku}`. */
  readonly route: `${TMethod} /${string}`
  /** Status of success. Default: 200. */
  readonly status?: 200 | 201 | 202
  /** Template of the `Location` header, filled from the output: `/orders/{id}`. */
  readonly location?: `/${string}`
}

const SEGMENT = /^(?:[A-Za-z0-9._~-]+|\{[a-zA-Z][a-zA-Z0-9]*\})$/

/** Takes a route apart; whether it is a good one is checked when the contract is built. */
export function parseRoute({ route, status = 200, location }: HttpOptions): HttpBinding {
  const space = route.indexOf(' ')
  const method = route.slice(0, space)
  return Object.freeze({ method: method as HttpMethod, path: route.slice(space + 1), status, location })
}

/** Whether what isn't in the path stands in the query string: of a GET, and where the body is bytes. */
export function readsQueryString(kind: OperationKind, { method }: HttpBinding): boolean {
  return method === 'GET' || kind === 'upload'
}

/** The names in braces of a template, in order. */
export function templateFields(template: string): readonly string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '')
}

/** Whether a path is an absolute template of plain segments, each a literal or one `{name}`. */
export function isPathTemplate(path: string): boolean {
  return (
    path.startsWith('/') &&
    path
      .slice(1)
      .split('/')
      .every((segment) => SEGMENT.test(segment))
  )
}

/** The path without the names of its parameters: two operations of one shape and method can't be told apart. */
export function pathShape(path: string): string {
  return path.replaceAll(/\{[^{}]*\}/g, '{}')
}
