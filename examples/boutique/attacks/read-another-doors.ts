import { randomUUID } from 'node:crypto'
import { fetch, type RequestInit } from 'undici'
import type { Finding } from '../drill/finding.ts'
import type { Household } from './read-another-belongings.ts'

/** One request for a thing, by its id. */
export interface Door {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly path: (id: string) => string
  readonly body?: (id: string) => object
  readonly headers?: Readonly<Record<string, string>>
  /** Which of the owner's things. */
  readonly thing: keyof Household['ids']
}

const ADDRESS = { name: 'S', street: 'S', city: 'S', postcode: 'S', country: 'France' }

function reads(thing: Door['thing'], ...paths: string[]): Door[] {
  return paths.map((path) => ({ method: 'GET', thing, path: (id) => path.replaceAll('{}', id) }))
}

/** Every way to a thing of one's own, as the contracts have it. */
const READS: readonly Door[] = [
  ...reads('order', '/orders/{}', '/orders/{}/events', '/orders/{}/cancellation', '/orders/{}/returns'),
  ...reads('calledOff', '/orders/{}', '/orders/{}/events', '/orders/{}/cancellation'),
  ...reads('order', '/orders/{}/shipment', '/payments?orderId={}', '/refunds?orderId={}'),
  ...reads('order', '/notifications?orderId={}', '/orders/{}/returns?limit=1'),
  ...reads('return', '/returns/{}'),
  ...reads('shipment', '/shipments/{}'),
  ...reads('creditNote', '/credit-notes/{}'),
  ...reads('address', '/users/me/addresses/{}'),
]
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'last-event-id': '0' },
  { 'last-event-id': '1' },
  { 'last-event-id': '999999999' },
  { 'last-event-id': "1' or '1'='1" },
  { 'if-none-match': '*' },
  { range: 'bytes=0-9' },
  { 'if-range': '"a"', range: 'bytes=0-' },
]

const CHANGES: readonly Door[] = [
  { method: 'POST', thing: 'order', path: (id) => `/orders/${id}/cancellation`, body: () => ({}) },
  {
    method: 'POST',
    thing: 'order',
    path: (id) => `/orders/${id}/returns`,
    body: () => ({ lines: [{ number: 1, quantity: 1 }] }),
  },
  { method: 'PUT', thing: 'address', path: (id) => `/users/me/addresses/${id}`, body: () => ADDRESS },
  { method: 'DELETE', thing: 'address', path: (id) => `/users/me/addresses/${id}` },
  { method: 'DELETE', thing: 'method', path: (id) => `/users/me/payment-methods/${id}` },
  {
    method: 'POST',
    thing: 'address',
    path: () => '/orders',
    body: (addressId) => ({
      lines: [{ sku: 'CANARY-CAGE', quantity: 1 }],
      shipTo: { addressId },
      payment: { token: 'tok_ok' },
    }),
  },
  {
    method: 'POST',
    thing: 'method',
    path: () => '/orders',
    body: (methodId) => ({ lines: [{ sku: 'CANARY-CAGE', quantity: 1 }], payment: { methodId } }),
  },
]

/** Another's thing and one that doesn't exist: status and body must not differ in a byte, but for the id asked for. */
export async function tellApart(origin: string, home: Household): Promise<Finding> {
  const doors = [
    ...READS,
    ...READS.map((door): Door => ({ ...door, method: 'HEAD' })),
    ...READS.flatMap((door) => HEADERS.map((headers): Door => ({ ...door, headers }))),
    ...CHANGES,
  ]
  const wrong: string[] = []
  for (const door of doors) {
    const mine = home.ids[door.thing]
    const [another, nothing] = [
      await knock(origin, home.stranger, door, mine),
      await knock(origin, home.stranger, door, randomUUID()),
    ]
    const name = `${door.method} ${door.path('{id}')} ${JSON.stringify(door.headers ?? {})}`
    if (another !== nothing) wrong.push(`${name}: another's says ${another}, none says ${nothing}`)
    if (home.secrets.some((secret) => another.includes(secret)))
      wrong.push(`${name}: it was shown: ${another.slice(0, 300)}`)
  }
  return {
    what: "another's looks like none, byte for byte",
    checked: doors.length,
    wrong,
    sort: 'unbalanced',
  }
}

/** A door that nobody can go through proves nothing: its owner must. */
export async function letsItsOwnerIn(origin: string, home: Household): Promise<Finding> {
  const wrong: string[] = []
  const own = READS.filter(({ thing }) => thing !== 'shipment').filter(
    (door) => !(door.thing === 'order' && door.path('').endsWith('/cancellation')),
  )
  for (const door of own) {
    const text = await knock(origin, home.owner, door, home.ids[door.thing])
    if (!text.startsWith('200 ')) wrong.push(`${door.path('{id}')}: its owner is told ${text}`)
  }
  return { what: 'the owner reads all of it', checked: own.length, wrong, sort: 'unbalanced' }
}

/** Status and body of an answer; what belongs to the request alone, and the id asked for, left out. */
export async function knock(origin: string, token: string, door: Door, id: string): Promise<string> {
  const request: RequestInit = {
    method: door.method,
    headers: {
      authorization: `Bearer ${token}`,
      'x-correlation-id': 'knock',
      ...(door.method === 'GET' || door.method === 'HEAD' ? {} : { 'idempotency-key': randomUUID() }),
      ...(door.body && { 'content-type': 'application/json' }),
      ...door.headers,
    },
    ...(door.body && { body: JSON.stringify(door.body(id)) }),
  }
  const leave = new AbortController()
  const response = await fetch(`${origin}/api/v1${door.path(id)}`, { ...request, signal: leave.signal })
  const text = await firstOf(response)
  leave.abort()
  const headers = [...response.headers].filter(([name]) => !['date', 'traceparent'].includes(name))
  return `${response.status} ${text} ${JSON.stringify(headers)}`.replaceAll(id, '{id}')
}

/** The body; of one that has no end, its beginning. */
async function firstOf({ body, headers }: Awaited<ReturnType<typeof fetch>>): Promise<string> {
  if (body === null) return ''
  const endless = headers.get('content-type') === 'text/event-stream'
  let text = ''
  for await (const chunk of body) {
    text += Buffer.from(chunk).toString()
    if (endless) break
  }
  return text
}
