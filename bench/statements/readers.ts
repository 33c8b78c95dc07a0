import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { operationsOf, type Place } from './day.ts'
import { OPERATORS, questionsOf, type Parameter } from './questions.ts'
import { OURSELVES } from './server-log.ts'

/** How often each path is read: a session plans for good at the sixth time. */
const TIMES = 16
const ANSWERS_WITHIN_MS = 60_000
const STREAM_MS = 100

/** Where in a shop of any size a reader may stand: identifiers from all over its tables. */
interface Samples {
  [name: string]: readonly string[]
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

/** Every sample is from the whole table: a share of its pages, by chance. */
const SAMPLES: Readonly<Record<string, string>> = {
  orderId: `select id from orders.orders`,
  personId: `select customer_id from orders.orders`,
  email: `select email from users.users where email like 'customer-%' and email not like '%~%'`,
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

/** A customer of the first day, who has orders; and all of the staff. */
async function signInAll({ api, dataFolder }: Place): Promise<string[]> {
  const customer = { email: 'customer-0-1@drill.example', password: 'drill-password-1-0' }
  const staff = JSON.parse(await readFile(join(dataFolder, 'demo-accounts.json'), 'utf8')) as {
    email: string
    password: string
  }[]
  const tokens: string[] = []
  for (const { email, password } of [customer, ...staff]) {
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
  // A list of one page has no next one.
  if (question.includes('{next}') && samples['next']?.length === 0) return true
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
      const { status, body } = await ask(url, token)
      if (status !== 200) continue
      if (!question.includes('{next}')) samples['next'] = nextOf(body)
      reader = token
      read++
      break
    }
    if (time === 3 && read === 0) return false
  }
  return read > 0
}

function nextOf(body: unknown): string[] {
  const next: unknown = typeof body === 'object' && body !== null && 'next' in body ? body.next : undefined
  return typeof next === 'string' ? [next] : []
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
