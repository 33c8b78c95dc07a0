import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { Pool } from 'undici'
import type { Candidate } from '../harness/candidate.ts'
import type { PlaceRequest } from '../orders/customers.ts'

/** Something that is done many times, and whose price for once is asked. */
export interface Work {
  readonly name: string
  readonly what: string
  /** Also the name of its flame graph. */
  readonly file: string
  readonly times: number
  run(times: number): Promise<void>
}

export interface Works {
  readonly works: readonly Work[]
  close(): Promise<void>
}

export interface WorkParts {
  readonly api: string
  readonly dataFolder: string
  readonly databaseUrl: string
  readonly customers: Candidate
  readonly quick: boolean
}

const AT_ONCE = 16
const IN_FLIGHT = 32
const QUICK_IN_FLIGHT = 4
const LOOK_EVERY_MS = 2
const LONGEST_MS = 60_000

export async function worksOf(parts: WorkParts): Promise<Works> {
  const { customers, quick, databaseUrl } = parts
  const reader = await openReader(parts)
  const events = await openEvents(databaseUrl)
  let runs = 0
  const place = async (orders: number) => {
    const request: PlaceRequest = {
      orders,
      inFlight: quick ? QUICK_IN_FLIGHT : IN_FLIGHT,
      run: `price-${runs++}`,
    }
    await customers.ask('place', request)
  }
  const works: Work[] = [
    { name: 'order', what: `an order from its request to its completed saga, ${IN_FLIGHT} at once`, file: 'order', times: quick ? 100 : 1_000, run: place },
    { name: 'GET product', what: `GET /products/{sku}, ${AT_ONCE} at once`, file: 'get-product', times: quick ? 1_000 : 10_000, run: (times) => reader.read('/products/MUG-01', times) },
    { name: 'GET order', what: `GET /orders/{id} by its customer, ${AT_ONCE} at once`, file: 'get-order', times: quick ? 1_000 : 10_000, run: (times) => reader.read(reader.ownOrder, times) },
    { name: 'event alone', what: 'an event that somebody else wrote to the log, to its handler (one insert), one after the other: up to a quarter of an idle second each, until it is noticed', file: 'event-alone', times: quick ? 100 : 300, run: (times) => events.oneByOne(times) },
    { name: 'idle second', what: 'a second in which nobody asks for anything', file: 'idle-second', times: quick ? 4 : 20, run: (times) => sleep(times * 1_000) },
    { name: 'event of many', what: 'the same where all are there at once', file: 'event-of-many', times: quick ? 1_000 : 20_000, run: (times) => events.allAtOnce(times) },
  ] // prettier-ignore
  const close = async () => void (await Promise.all([reader.close(), events.close()]))
  return { works, close }
}

async function openReader({ api, dataFolder }: WorkParts) {
  const { origin, pathname } = new URL(api)
  const http = new Pool(origin, { connections: AT_ONCE, pipelining: 1 })
  let headers: Record<string, string> = { 'content-type': 'application/json' }
  async function ask(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const answer = await http.request({
      method,
      path: pathname + path,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 300)
      throw new Error(`${method} ${path} was answered ${answer.statusCode}: ${text}`)
    return JSON.parse(text)
  }
  const accounts = JSON.parse(await readFile(join(dataFolder, 'demo-accounts.json'), 'utf8')) as {
    role: string
    email: string
    password: string
  }[]
  const { email = '', password = '' } = accounts.find(({ role }) => role === 'customer') ?? {}
  const { token } = (await ask('POST', '/sessions', { email, password })) as { token: string }
  headers = { ...headers, authorization: `Bearer ${token}`, 'idempotency-key': 'price-own-order' }
  const { id } = (await ask('POST', '/orders', {
    lines: [{ sku: 'MUG-01', quantity: 2 }],
    payment: { token: 'tok_ok' },
  })) as { id: string }
  return {
    ownOrder: `/orders/${id}`,
    close: () => http.destroy(),
    async read(path: string, times: number): Promise<void> {
      let left = times
      const oneByOne = async () => {
        while (left-- > 0) await ask('GET', path)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, oneByOne))
    },
  }
}

/** Events as the catalogue would publish them, by its own rights; nothing but their delivery is the host's work. */
async function openEvents(databaseUrl: string) {
  const database = new Client({ connectionString: databaseUrl, application_name: 'bench events' })
  const looker = new Client({ connectionString: databaseUrl, application_name: 'bench events' })
  // Where the work itself fails, that is what is told.
  for (const client of [database, looker]) client.on('error', () => undefined)
  await Promise.all([database.connect(), looker.connect()])
  await database.query('set session authorization boutique_catalogue')
  let made = 0
  const publish = (count: number) =>
    database.query(
      `select archipel_bus.append(jsonb_agg(jsonb_build_object('type', 'catalogue.productAdded.v1', 'key', 'PRICE-' || n,
          'id', gen_random_uuid(), 'time', now(), 'correlationId', gen_random_uuid(),
          'data', jsonb_build_object('sku', 'PRICE-' || n, 'name', 'A thing', 'description', 'Of no use', 'stocked', true,
            'price', jsonb_build_object('amount', 100, 'currency', 'GBP'), 'addedAt', '2026-01-01T00:00:00.000Z'))))
        from generate_series($1::int, $2::int) as n`,
      [made + 1, (made += count)],
    )
  async function untilHandled(): Promise<void> {
    const until = performance.now() + LONGEST_MS
    for (;;) {
      const { rowCount } = await looker.query(`select from inventory.shelves where sku = $1`, [
        `PRICE-${made}`,
      ])
      if (rowCount === 1) return
      if (performance.now() > until) throw new Error(`event ${made} was not handled within ${LONGEST_MS} ms`)
      await sleep(LOOK_EVERY_MS)
    }
  }
  return {
    close: async () => void (await Promise.all([database.end(), looker.end()])),
    async oneByOne(times: number): Promise<void> {
      for (let time = 0; time < times; time++) {
        await publish(1)
        await untilHandled()
      }
    },
    async allAtOnce(times: number): Promise<void> {
      for (let left = times; left > 0; left -= 1_000) await publish(Math.min(left, 1_000))
      await untilHandled()
    },
  }
}
