import { randomUUID } from 'node:crypto'
import type { Dice } from '../drill/random.ts'
import type { Target } from './document.ts'
import type { Memory } from './memory.ts'
import { spoilt } from './spoil.ts'
import type { Values } from './values.ts'

/** One request as it goes out. */
export interface FuzzRequest {
  readonly target: Target
  /** Path and query, below the server's base path. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  /** The body as a value, where it is JSON: whether it fits its schema can be judged. */
  readonly json: unknown
}

const SPOILT_SHARE = 0.4
const WELCOME_SHARE = 0.6
const RAW_BODIES = [
  '',
  '{',
  '[]',
  'null',
  '{"a":1,"a":2}',
  '{"a":1}x',
  '"\\ud800"',
  '[[[[[[[[[[[[[[[[',
  '\ufeff{}',
  '{"n":1e999}',
]

export function createRequests(values: Values, memory: Memory, dice: Dice, tokens: Tokens) {
  return function next(target: Target): FuzzRequest {
    const tag = target.tags?.[0] ?? ''
    const recall = (name: string) => memory.recall(tag, name)
    // One thing at a time, so that what is wrong is not hidden behind what is wrong before it.
    const wrong =
      dice.next() < SPOILT_SHARE ? dice.pick(['path', 'query', 'body', 'headers'] as const) : undefined
    const fittingOf = (place: 'path' | 'query') =>
      target.parameters
        .filter((parameter) => parameter.in === place && (parameter.required === true || dice.next() < 0.4))
        .map(({ name, schema }) => {
          const value = values.fitting(schema, recall, name)
          return [name, text(wrong === place ? spoilt(value, dice) : value)] as const
        })
    const path = fittingOf('path').reduce(
      (filled, [name, value]) => filled.replace(`{${name}}`, encodeURIComponent(value) || '%20'),
      target.path,
    )
    const query = new URLSearchParams(Object.fromEntries(fittingOf('query')))
    if (wrong === 'query' && dice.next() < 0.3) query.append(dice.pick(['limit', 'extra', 'cursor']), '1')
    const body = bodyOf(target, recall, wrong === 'body')
    return {
      target,
      path: query.size === 0 ? path : `${path}?${query.toString()}`,
      headers: { ...headersOf(target, wrong === 'headers'), ...body.headers },
      body: body.bytes,
      json: body.json,
    }
  }

  function bodyOf(target: Target, recall: (name: string) => unknown, wrong: boolean) {
    const content = Object.entries(target.requestBody?.content ?? {})
    const [type, described] = content.length === 0 ? [] : dice.pick(content)
    if (type === undefined) return { bytes: undefined, json: undefined, headers: {} }
    if (type !== 'application/json') {
      const bytes = Uint8Array.from({ length: dice.between(0, 2_000) }, () => dice.between(0, 255))
      return { bytes, json: undefined, headers: { 'content-type': wrong ? 'text/plain' : type } }
    }
    if (wrong && dice.next() < 0.2)
      return { bytes: dice.pick(RAW_BODIES), json: undefined, headers: { 'content-type': type } }
    const value = values.fitting(described?.schema ?? true, recall)
    const json = wrong ? spoilt(value, dice) : value
    return { bytes: JSON.stringify(json) ?? '', json, headers: { 'content-type': type } }
  }

  function tokenFor({ 'x-archipel-access': access }: Target): string | undefined {
    const welcome = rolesIn(access).filter((role) => tokens[role] !== undefined)
    if (welcome.length > 0 && dice.next() < WELCOME_SHARE) return tokens[dice.pick(welcome)]
    const all = Object.values(tokens)
    return all[dice.between(-1, all.length - 1)]
  }

  function headersOf(target: Target, wrong: boolean): Record<string, string> {
    const headers: Record<string, string> = {}
    const token = tokenFor(target)
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    if (target.method !== 'GET') headers['idempotency-key'] = randomUUID()
    if (wrong) headers[dice.pick(Object.keys(STRANGE))] = dice.pick(Object.values(STRANGE).flat())
    return headers
  }
}

/** Tokens by role. */
export type Tokens = Readonly<Record<string, string>>

const STRANGE: Readonly<Record<string, readonly string[]>> = {
  authorization: ['Bearer ', 'Bearer a.b.c', 'Basic YTpi', 'bearer'],
  'idempotency-key': ['', 'a'.repeat(300), '{"a":1}', '%00'],
  'content-type': ['text/plain', 'application/json; charset=utf-16', 'application/xml', ';;;'],
  accept: ['text/html', '*/*;q=0', 'x'],
  traceparent: ['00-0-0-0', 'ff-00000000000000000000000000000000-0000000000000000-00'],
  'x-correlation-id': ['a'.repeat(1_000), '"', '../..'],
  'if-none-match': ['*', '"', 'W/"x", "y"'],
  range: ['bytes=0-0', 'bytes=-1', 'bytes=5-2', 'bytes=0-0,2-3', 'lines=1-2', 'bytes=99999999999999999999-'],
  'last-event-id': ['1', '-1', 'x'.repeat(200), '99999999999999999999'],
}

/** The roles that an access rule names; an owner is a customer, as a rule. */
function rolesIn(access: unknown): string[] {
  if (typeof access !== 'object' || access === null) return []
  return Object.entries(access).flatMap(([word, value]: [string, unknown]) => {
    if (word === 'owner') return ['customer']
    if (word === 'roles' && Array.isArray(value)) return value.map(String)
    return Array.isArray(value) ? value.flatMap(rolesIn) : []
  })
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.toWellFormed() : (JSON.stringify(value) ?? '')
}
