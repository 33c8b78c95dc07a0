// The customers, in a process and on a core of their own: each places an order, and the next one when that has ended.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { Pool } from 'undici'
import { answerRunner } from '../harness/answer-runner.ts'
import { quantile } from '../harness/rounds.ts'

export interface OpenRequest {
  readonly api: string
  readonly dataFolder: string
  readonly databaseUrl: string
  readonly customers: number
}

export interface PlaceRequest {
  readonly orders: number
  readonly inFlight: number
  /** Part of every key. */
  readonly run: string
}

export interface PlaceResult {
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Looks at the database that are no work of the shop. */
  readonly looks: number
  /** Of all orders, in minor units, as they were answered. */
  readonly total: number
}

const ENDS_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 20
const PIECES_OF_EACH = 100_000
const HISTORY = 'placed reserved authorised paid completed'

let http: Pool
let prefix: string
let database: Client
let tokens: string[] = []
let skus: string[] = []
/** What to do when an order has ended, by its id. */
const open = new Map<string, () => void>()
let looks = 0

async function ask(
  method: 'GET' | 'POST',
  path: string,
  options: { status: number; body?: unknown; token?: string; key?: string },
) {
  const { body, token, key } = options
  const response = await http.request({
    method,
    path: prefix + path,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const text = await response.body.text()
  if (response.statusCode !== options.status)
    throw new Error(`${method} ${path} was answered ${response.statusCode}: ${text}`)
  return JSON.parse(text) as never
}

async function openShop({ api, dataFolder, databaseUrl, customers }: OpenRequest): Promise<void> {
  const { origin, pathname } = new URL(api)
  http = new Pool(origin, { connections: 64, pipelining: 1, headersTimeout: 60_000 })
  prefix = pathname
  database = new Client({ connectionString: databaseUrl, application_name: 'bench customers' })
  await database.connect()
  // Else the look, planned while there were few orders, would read all of them.
  await database.query('set enable_seqscan = off')
  const { items } = (await ask('GET', '/products?limit=100', { status: 200 })) as { items: { sku: string }[] }
  skus = items.map(({ sku }) => sku)
  await stockUp(dataFolder)
  tokens = []
  for (let index = 0; index < customers; index++) tokens.push(await signUp(index))
}

/** Enough of everything, so that no order is refused for want of goods. */
async function stockUp(dataFolder: string): Promise<void> {
  const accounts = JSON.parse(await readFile(join(dataFolder, 'demo-accounts.json'), 'utf8')) as {
    role: string
    email: string
    password: string
  }[]
  const merchandiser = accounts.find(({ role }) => role === 'merchandiser')
  if (!merchandiser) throw new Error('no merchandiser in demo-accounts.json')
  const { email, password } = merchandiser
  const { token } = (await ask('POST', '/sessions', { status: 201, body: { email, password } })) as {
    token: string
  }
  for (const sku of skus)
    await ask('POST', `/stock/${sku}/receipts`, { status: 201, body: { quantity: PIECES_OF_EACH }, token })
}

async function signUp(index: number): Promise<string> {
  const account = {
    email: `customer-${index}-${process.pid}@bench.example`,
    password: `a password of customer ${index}`,
  }
  await ask('POST', '/users', { status: 201, body: { ...account, name: `Customer ${index}` } })
  const { token } = (await ask('POST', '/sessions', { status: 201, body: account })) as { token: string }
  return token
}

async function place({ orders, inFlight, run }: PlaceRequest): Promise<PlaceResult> {
  const latencies: number[] = []
  let next = 0
  let total = 0
  let lastEndedAt = 0
  looks = 0

  async function oneByOne(): Promise<void> {
    while (next < orders) {
      const number = next++
      const token = tokens[number % tokens.length] ?? ''
      const placedAt = performance.now()
      const answer = (await ask('POST', '/orders', {
        status: 202,
        body: basket(number),
        token,
        key: `${run}-order-${number}`,
      })) as { id: string; total: { amount: number } }
      total += answer.total.amount
      await new Promise<void>((ended) => open.set(answer.id, ended))
      lastEndedAt = performance.now()
      latencies.push(lastEndedAt - placedAt)
      if (number % 50 === 0) await checkOrder(answer.id, token)
    }
  }

  const startedAt = performance.now()
  const watching = watch(() => latencies.length < orders)
  await Promise.race([
    Promise.all(Array.from({ length: inFlight }, oneByOne)),
    watching.then(() => undefined),
  ])
  const seconds = (performance.now() - startedAt) / 1000
  await watching
  return { seconds, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), looks, total }
}

/** One to three lines, the same ones in every run. */
function basket(number: number) {
  const lines = Array.from({ length: (number % 3) + 1 }, (_, line) => ({
    sku: skus[(number * 7 + line * 13) % skus.length],
    quantity: ((number + line) % 3) + 1,
  }))
  return { lines, payment: { token: 'tok_ok' } }
}

/** Asks the database by primary key which of the open orders have ended: cheaper for the shop than customers who ask it. */
async function watch(goOn: () => boolean): Promise<void> {
  for (let lastEndedAt = performance.now(); goOn(); await sleep(LOOK_EVERY_MS)) {
    if (open.size === 0) continue
    looks++
    const { rows } = await database.query<{ id: string; status: string }>({
      name: 'look',
      text: `select id, status from orders.orders where id = any ($1) and status in ('completed', 'rejected')`,
      values: [[...open.keys()]],
    })
    if (rows.length > 0) lastEndedAt = performance.now()
    if (performance.now() - lastEndedAt > ENDS_WITHIN_MS)
      throw new Error(`no order ended for ${ENDS_WITHIN_MS} ms; ${open.size} are open`)
    for (const { id, status } of rows) {
      if (status === 'rejected') throw new Error(`order ${id} was rejected`)
      open.get(id)?.()
      open.delete(id)
    }
  }
}

/** Now and then an order is read as its customer reads it. */
async function checkOrder(id: string, token: string): Promise<void> {
  const order = (await ask('GET', `/orders/${id}`, { status: 200, token })) as {
    status: string
    history: { status: string }[]
  }
  const history = order.history.map(({ status }) => status).join(' ')
  if (order.status !== 'completed' || history !== HISTORY)
    throw new Error(`order ${id} is ${order.status}: ${history}`)
}

async function close(): Promise<void> {
  await Promise.all([http?.destroy(), database?.end()])
}

answerRunner({ open: openShop, place }, close)
