import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { operationsOf, type Place } from './day.ts'
import { OURSELVES } from './server-log.ts'

/** How often each path is read: a session plans for good at the sixth time. */
const TIMES = 16
const ANSWERS_WITHIN_MS = 60_000
const STREAM_MS = 100

/** Where in a shop of any size a reader may stand: identifiers from all over its tables. */
interface Samples {
  readonly [name: string]: readonly string[]
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly schema: { readonly enum?: readonly string[] }
}
interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly parameters?: readonly Parameter[] }>>>
  >
}

/** Reads everything that can be read: each path of the shop and of its operators, with each filter, and from the middle of each list. */
export async function readEverything(place: Place): Promise<readonly string[]> {
  const samples = await takeSamples(place.databaseUrl)
  const { origin } = new URL(place.api)
  const document = (await ask(`${origin}/openapi.json`)).body as Document
  const tokens = await signInAll(place)
  const shop = Object.entries(document.paths).flatMap(([path, methods]) =>
    methods['get'] === undefined ? [] : questionsOf(path, methods['get'].parameters ?? []),
  )
  const unread: string[] = []
  for (const question of shop) {
    if (!(await readAs(tokens, place.api, question, samples))) unread.push(question)
  }
  const { url, tokenFile } = operationsOf(place)
  const operator = [(await readFile(tokenFile, 'utf8')).trim()]
  for (const question of OPERATORS) {
    if (!(await readAs(operator, url, question, samples))) unread.push(question)
  }
  return unread
}

const OPERATORS = [
  '/events?limit=50', '/events?key={orderId}', '/events?correlationId={correlationId}', '/events?publisher=orders&limit=50',
  '/events?publisher=orders&type=orders.orderPlaced.v1&limit=50', '/events/{position}', '/events?limit=50&cursor={position}',
  '/sagas?limit=50', '/sagas?service=orders&status=completed&limit=50', '/sagas?service=orders&saga=fulfilOrder&limit=50',
  '/sagas?service=orders&status=running', '/sagas/orders/fulfilOrder/{orderId}', '/stuck', '/stories/{orderId}', '/stories/{correlationId}',
  '/delivery', '/dead-letters', '/subscriptions', '/unknown-outcomes', '/database',
] // prettier-ignore

/** The path alone; with each of its filters; and from a place in the middle. */
function questionsOf(path: string, parameters: readonly Parameter[]): string[] {
  const asked = parameters.filter((parameter) => parameter.in === 'query')
  const paged = asked.some(({ name }) => name === 'cursor')
  const plain = `${path}?${paged ? 'limit=20' : ''}`
  const fixed = asked.filter(({ name }) => name === 'orderId').map(({ name }) => `${name}={orderId}`)
  const filters = asked.flatMap(
    ({ name, schema }) => FILTERS[name] ?? (schema.enum ?? []).map((value) => `${name}=${value}`),
  )
  const middle = paged ? [...new Set([cursorOf(path)])].map((cursor) => `cursor=${cursor}`) : []
  const start = path === '/payments' ? [] : [plain]
  return [...start, ...fixed.map((one) => `${plain}&${one}`), ...filters.map((one) => `${plain}&${one}`), ...middle.flatMap((one) => [plain, ...filters.filter((filter) => filter.startsWith('status=')).map((filter) => `${plain}&${filter}`)].map((base) => `${base}&${one}`))] // prettier-ignore
}

const FILTERS: Readonly<Record<string, readonly string[]>> = {
  orderId: [],
  personId: ['personId={personId}'],
  email: ['email={email}'],
  search: ['search=mug'],
  category: ['category=kitchen'],
  currency: ['currency=GBP'],
  from: ['from=2026-01-01'],
  to: ['to=2030-01-01'],
  low: ['low=true'],
}

/** Of the thing that the list holds. */
function cursorOf(path: string): string {
  if (path.startsWith('/trade/')) return '{externalReference}'
  return CURSORS[path] ?? '{orderId}'
}
const CURSORS: Readonly<Record<string, string>> = {
  '/users': '{personId}',
  '/products': '{sku}',
  '/stock': '{sku}',
  '/stock/{sku}/movements': '{movement}',
  '/categories': 'kitchen',
  '/returns': '{returnId}',
  '/shipments': '{shipmentId}',
  '/credit-notes': '{creditNoteId}',
  '/notifications': '{notificationId}',
}

/** Every sample is from the whole table: a share of its pages, by chance. */
const SAMPLES: Readonly<Record<string, string>> = {
  orderId: `select id from orders.orders`,
  personId: `select customer_id from orders.orders`,
  email: `select email from users.users where email like 'customer-%'`,
  returnId: `select id from orders.returns`,
  shipmentId: `select id from shipping.shipments`,
  creditNoteId: `select id from credits.credit_notes`,
  notificationId: `select id from notifications.notifications`,
  movement: `select number from inventory.movements`,
  position: `select position from archipel_bus.log`,
  externalReference: `select external_reference from orders.orders where trader_id is not null`,
  correlationId: `select correlation_id from orders.archipel_idempotency where operation = 'placeOrder'`,
}

async function takeSamples(databaseUrl: string): Promise<Samples> {
  const database = new Client({ connectionString: databaseUrl, application_name: OURSELVES })
  await database.connect()
  try {
    const samples: Record<string, string[]> = { sku: ['MUG-01', 'MUG-02', 'BOWL-01', 'TEAPOT-01'] }
    for (const [name, text] of Object.entries(SAMPLES)) {
      const { rows } = await database.query<{ value: string }>(
        `select value::text from (${text}) as s (value) order by random() limit ${TIMES * 2}`,
      )
      samples[name] = rows.map(({ value }) => value)
    }
    return samples
  } finally {
    await database.end()
  }
}

async function signInAll({ api, dataFolder }: Place): Promise<string[]> {
  const accounts = JSON.parse(await readFile(join(dataFolder, 'demo-accounts.json'), 'utf8')) as {
    email: string
    password: string
  }[]
  const tokens: string[] = []
  for (const { email, password } of accounts) {
    const { body } = await ask(`${api}/sessions`, undefined, { email, password })
    tokens.push((body as { token: string }).token)
  }
  return tokens
}

/** By whoever may read it. @returns false when nobody could. */
async function readAs(
  tokens: readonly string[],
  base: string,
  question: string,
  samples: Samples,
): Promise<boolean> {
  let reader: string | undefined
  let read = 0
  for (let time = 0; time < TIMES; time++) {
    const url =
      base +
      question.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
        const known = samples[name === 'id' ? ownIdOf(question) : name] ?? []
        return encodeURIComponent(known[time % Math.max(1, known.length)] ?? 'unknown')
      })
    for (const token of reader === undefined ? tokens : [reader]) {
      const { status } = await ask(url, token)
      if (status !== 200) continue
      reader = token
      read++
      break
    }
    if (time === 3 && read === 0) return false
  }
  return read > 0
}

function ownIdOf(question: string): string {
  if (question.startsWith('/returns')) return 'returnId'
  if (question.startsWith('/shipments')) return 'shipmentId'
  if (question.startsWith('/credit-notes')) return 'creditNoteId'
  return 'orderId'
}

async function ask(url: string, token?: string, body?: object): Promise<{ status: number; body: unknown }> {
  const response = await request(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    headersTimeout: ANSWERS_WITHIN_MS,
    bodyTimeout: ANSWERS_WITHIN_MS,
  })
  response.body.on('error', () => undefined)
  // A stream that waits for more: what it had to say at first has been read by then.
  if (response.headers['content-type']?.includes('event-stream') === true) {
    await sleep(STREAM_MS)
    response.body.destroy()
    return { status: response.statusCode, body: undefined }
  }
  const text = await response.body.text()
  const json = response.headers['content-type']?.includes('json') === true
  return { status: response.statusCode, body: json ? (JSON.parse(text) as unknown) : text }
}
