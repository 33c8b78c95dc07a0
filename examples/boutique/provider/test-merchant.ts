import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { startProvider, type Provider, type ProviderOptions } from './index.ts'
import { acquireDatabase } from './testing.ts'

const Body = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  released: z.number().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
})

const Operation = z.object({
  kind: z.string(),
  status: z.string(),
  httpStatus: z.number(),
  state: z.string().nullable(),
  answer: Body,
})

const Line = z.object({
  reference: z.string(),
  currency: z.string(),
  authorised: z.number(),
  captured: z.number(),
  refunded: z.number(),
  held: z.number(),
  captures: z.number(),
  credited: z.number(),
  credits: z.number(),
})
export type Line = z.output<typeof Line>

const Page = z.object({ items: z.array(Line), next: z.string().nullable() })

export interface Answered {
  readonly status: number
  readonly replayed: boolean
  readonly text: string
  readonly id: string
  readonly code: string | undefined
  readonly released: number | undefined
}

/** A caller of the provider, as a shop would be one: everything it knows it learned over HTTP. */
export type Merchant = ReturnType<typeof createMerchant>

export function createMerchant(url: string) {
  const post = async (path: string, body: object, key: string = randomUUID()): Promise<Answered> => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key }
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    const { id = '', error, released } = Body.parse(JSON.parse(text))
    const replayed = response.headers.get('idempotent-replayed') === 'true'
    return { status: response.status, replayed, text, id, code: error?.code, released }
  }
  const books = async (query = '') => Page.parse(await (await fetch(`${url}/books${query}`)).json())
  return {
    post,
    authorise: (token: string, key?: string, { amount = 1000, reference = 'order-1' } = {}) =>
      post('/authorisations', { amount, currency: 'GBP', token, reference }, key),
    capture: (authorisationId: string, amount = 1000, key?: string) =>
      post('/captures', { authorisationId, amount }, key),
    void: (authorisationKey: string, key?: string) => post('/voids', { authorisationKey }, key),
    refund: (captureId: string, amount: number, key?: string) => post('/refunds', { captureId, amount }, key),
    credit: (token: string, key?: string, { amount = 1000, reference = 'note-1' } = {}) =>
      post('/credits', { amount, currency: 'GBP', token, reference }, key),
    books,
    /** The only line of the books, for tests with one order. */
    line: async () => (await books()).items[0],
    operation: async (key: string) => {
      const response = await fetch(`${url}/operations/${encodeURIComponent(key)}`)
      return response.status === 404 ? undefined : Operation.parse(await response.json())
    },
  }
}

export interface Setting extends AsyncDisposable {
  readonly connectionString: string
  readonly provider: Provider
  readonly merchant: Merchant
}

/** A provider on a database of its own; both go when disposed. */
export async function openProvider(options: Partial<ProviderOptions> = {}): Promise<Setting> {
  const database = await acquireDatabase()
  const { connectionString } = database
  const provider = await startProvider({ connectionString, port: 0, log: console.error, ...options })
  return {
    connectionString,
    provider,
    merchant: createMerchant(provider.url),
    [Symbol.asyncDispose]: async () => {
      await provider.close()
      await database[Symbol.asyncDispose]()
    },
  }
}
