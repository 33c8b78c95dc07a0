import {
  frameworkError,
  isArchipelError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../errors/index.ts'
import type { DoorAddress } from './address.ts'
import { errorOfProblem } from './problem.ts'

/** What stands in the query of a request; fields that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** The operations door of a running application, as the command uses it. Paths are templates filled by {@link path}. */
export interface DoorClient {
  get(path: string, query?: Query): Promise<JsonObject>
  post(path: string, body: JsonObject): Promise<JsonObject>
  /** Items of a list of pages, at most `limit`. */
  list(path: string, query: Query, limit: number): Promise<JsonObject[]>
}

const LARGEST_PAGE = 100

/** Fills a path: every value is one segment, whatever stands in it. */
export function path(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw({ raw: parts }, ...values.map((value) => encodeURIComponent(value)))
}

/** @param timeoutMs how long one answer may take. */
export function createDoorClient(address: DoorAddress, timeoutMs: number): DoorClient {
  async function ask(method: string, target: string, body?: JsonObject): Promise<JsonObject> {
    const response = await send(method, target, body)
    const text = await response.text()
    const answer = jsonOf(text)
    if (response.ok && isJsonObject(answer)) return answer
    if (response.status === 401)
      throw frameworkError(
        'ARC_OPERATOR_TOKEN',
        `The token in ${address.tokenFile} does not open ${address.owner}.`,
      )
    throw errorOfProblem(answer, `${method} ${address.url}${target} answered ${response.status}.`)
  }

  async function send(method: string, target: string, body: JsonObject | undefined): Promise<Response> {
    try {
      return await fetch(`${address.url}${target}`, {
        method,
        headers: { authorization: `Bearer ${address.token}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(timeoutMs),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    } catch (error) {
      throw unreachable(error, address, timeoutMs)
    }
  }

  const get = (target: string, query: Query = {}) => ask('GET', target + textOf(query))

  async function list(target: string, query: Query, limit: number): Promise<JsonObject[]> {
    const found: JsonObject[] = []
    let cursor: string | undefined
    do {
      const page = { limit: Math.min(limit - found.length, LARGEST_PAGE), cursor }
      const { items, next } = await get(target, { ...query, ...page })
      found.push(...objectsOf(items))
      cursor = typeof next === 'string' ? next : undefined
    } while (cursor !== undefined && found.length < limit)
    return found
  }

  return { get, list, post: (target, body) => ask('POST', target, body) }
}

export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function textOf(query: Query): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value))
  return given.size === 0 ? '' : `?${given.toString()}`
}

function jsonOf(text: string): JsonValue {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function unreachable(error: unknown, { url, owner }: DoorAddress, timeoutMs: number): Error {
  if (isArchipelError(error)) return error
  if (error instanceof Error && error.name === 'TimeoutError')
    return frameworkError('ARC_DEADLINE', `${owner} did not answer within ${timeoutMs} ms.`, {
      effect: 'unknown',
    })
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  return frameworkError('ARC_NOT_RUNNING', `Nobody answers at ${url}, the door of ${owner}: ${cause}.`, {
    cause: error,
  })
}
