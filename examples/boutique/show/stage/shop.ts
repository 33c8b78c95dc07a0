import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionConfig } from 'archipel'
import { eventually } from 'archipel/testing'
import { Pool } from 'pg'
import { fetch } from 'undici'
import { connectTo, type Door } from '../../testing-door.ts'
import { startHost, type Host, type LogLine } from './host-process.ts'
import { emailOf, PASSWORD, type HostOptions, type Name } from './scene.ts'

/** A shop in a process of its own, on free ports, with its data in a temporary folder that `await using` removes. */
export interface Shop extends AsyncDisposable {
  readonly url: string
  /** The public door without a token, below `/api/v1`. */
  readonly door: Door
  /** The operators' door, with its token. */
  readonly operations: Door
  readonly operationsUrl: string
  readonly providerUrl: string
  readonly dataFolder: string
  /** What the host wrote to its log so far. */
  readonly log: readonly LogLine[]
  signIn(name: Name): Promise<Person>
  /** Asks the database as its administrator: for looking, and for breaking things. */
  query(text: string, ...values: unknown[]): Promise<Record<string, unknown>[]>
  /** Waits until the order is paid or refused. */
  ended(orderId: string): Promise<Order>
  /** What the card processor has on an order. */
  books(orderId: string): Promise<{ captured: number; captures: number; refunded: number; held: number }>
  /** Resolves with the exit code, or the signal, once the host has ended. */
  readonly over: Promise<number | string>
  signal(name: 'SIGTERM' | 'SIGKILL'): void
  /** A new host on the same data. */
  startAgain(options?: HostOptions): Promise<void>
}

export interface Person extends Door {
  readonly token: string
  /** Places an order; the answer may be lost with the host. */
  order(sku: string, quantity: number, card?: string, key?: string): Promise<string>
}

export interface Order {
  readonly id: string
  readonly status: string
  readonly total: { amount: number }
  readonly history: { number: number; status: string; at: string }[]
  readonly rejection: { code: string } | null
}

/** @param environment further variables of the host's process. */
export async function openShop(
  options: HostOptions = {},
  environment: Record<string, string> = {},
): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), 'archipel-show-'))
  // PostgreSQL runs as another user where we are root.
  await chmod(folder, 0o755)
  const log: LogLine[] = []
  const start = (wanted: HostOptions, former?: Host) =>
    startHost(wanted, { ...environment, ARCHIPEL_DATA: join(folder, 'data') }, { log, former })
  let host = await start(options).catch(async (failure: unknown) => {
    await rm(folder, { recursive: true, force: true })
    throw failure
  })
  let pool: Pool | undefined
  let support: Person | undefined
  const at = () => host.addresses

  const shop: Shop = {
    get url() {
      return at().url
    },
    get door() {
      return connectTo(`${at().url}/api/v1`)
    },
    get operations() {
      return connectTo(at().operationsUrl, operationsToken)
    },
    get operationsUrl() {
      return at().operationsUrl
    },
    get providerUrl() {
      return at().providerUrl
    },
    get dataFolder() {
      return at().dataFolder
    },
    log,
    signIn: (name) => signIn(() => `${at().url}/api/v1`, emailOf(name)),
    async query(text, ...values) {
      pool ??= createPool(at().admin)
      return (await pool.query<Record<string, unknown>>(text, values)).rows
    },
    async ended(orderId) {
      const { get } = (support ??= await shop.signIn('support'))
      return eventually(async () => {
        const order: Order = (await get(`/orders/${orderId}`)).expect(200)
        return ['completed', 'rejected'].includes(order.status) ? order : undefined
      }, 20_000)
    },
    async books(orderId) {
      const page = (await (await fetch(`${at().providerUrl}/books`)).json()) as {
        items: ({ reference: string } & Awaited<ReturnType<Shop['books']>>)[]
      }
      const { captured, captures, refunded, held } = page.items.find(
        ({ reference }) => reference === orderId,
      ) ?? { captured: 0, captures: 0, refunded: 0, held: 0 }
      return { captured, captures, refunded, held }
    },
    get over() {
      return host.over
    },
    signal: (name) => void host.process.kill(name),
    async startAgain(wanted = {}) {
      await host.over
      host = await start(wanted, host)
    },
    async [Symbol.asyncDispose]() {
      await pool?.end()
      // Only a host that stops takes its PostgreSQL with it: one that was killed is started for that.
      if (host.process.exitCode !== null || host.process.signalCode !== null) host = await start({})
      host.process.kill('SIGTERM')
      await host.over
      await rm(folder, { recursive: true, force: true })
    },
  }
  const operationsToken = (await readFile(join(at().dataFolder, 'operations-token'), 'utf8')).trim()
  return shop
}

async function signIn(base: () => string, email: string): Promise<Person> {
  const { token } = (await connectTo(base()).post('/sessions', { email, password: PASSWORD })).expect(201)
  const door = () => connectTo(base(), token)
  return {
    token,
    ask: (...request) => door().ask(...request),
    get: (path) => door().get(path),
    post: (...request) => door().post(...request),
    put: (...request) => door().put(...request),
    follow: (...request) => door().follow(...request),
    async order(sku, quantity, card = 'tok_ok', key) {
      return (
        await door().post('/orders', { lines: [{ sku, quantity }], payment: { token: card } }, key)
      ).expect(202).id
    },
  }
}

function createPool({ host, port, database, user, password }: ConnectionConfig): Pool {
  const pool = new Pool({ host, port, database, user, password, max: 2 })
  pool.on('error', () => undefined)
  return pool
}
