import { createFaultPoints, createThrowawayDatabase, eventually } from 'archipel/testing'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, access, mkdtemp, rm, stat } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from './drill/free-ports.ts'
import { createDice } from './drill/random.ts'
import type { Door } from './testing-door.ts'
import { runShopToItsEnd, startShopProcess } from './testing-process.ts'
import { isSettled, startShop } from './testing.ts'

const PASSWORD = 'canary-database-password-4c7e'
const LIMIT_MS = 10_000
const order = { lines: [{ sku: 'MUG-01', quantity: 1 }], payment: { token: 'tok_ok' } }

let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'archipel shop '))
  // PostgreSQL runs as another user where we are root.
  await chmod(base, 0o755)
})
afterAll(() => rm(base, { recursive: true, force: true }))

test('the shop starts on an empty folder, tells where it is, refuses a second start, and Ctrl-C stops all of it', async () => {
  const dataFolder = join(base, 'a data folder')
  await using shop = await startShopProcess({ dataFolder })
  expect((await stat(join(dataFolder, 'demo-accounts.json'))).mode & 0o777).toBe(0o600)
  const customer = await shop.signIn('customer')
  const { id } = (await customer.post('/orders', order)).expect(202)
  await customer.follow(`/orders/${id}/events`, { until: isSettled })
  expect((await customer.get(`/orders/${id}`)).body.status).toBe('completed')

  const second = await runShopToItsEnd({ dataFolder })
  expect(second.code).not.toBe(0)
  expect(second.output).toContain('ARC_DATA_IN_USE')
  expect(second.output).toContain(String(shop.id))
  expect(second.output).not.toMatch(/^\s+at /m)

  const { code, tookMs } = await shop.stop('SIGINT')
  expect(code).toBe(0)
  expect(tookMs).toBeLessThan(LIMIT_MS)
  await expect(access(join(dataFolder, 'postgres', 'postmaster.pid'))).rejects.toMatchObject({
    code: 'ENOENT',
  })
})

describe('on a PostgreSQL of its own', () => {
  const role = `given_${randomUUID().slice(0, 8)}`
  let database: Awaited<ReturnType<typeof createThrowawayDatabase>>
  let databaseUrl: string
  let dataFolder: string

  /** A user who is no superuser, as a hosted PostgreSQL gives one. */
  beforeAll(async () => {
    database = await createThrowawayDatabase()
    dataFolder = join(base, 'given')
    await asked(`create role ${role} login createrole createdb password '${PASSWORD}'`)
    await asked(`alter database ${database.name} owner to ${role}`)
    await asked(`alter schema public owner to ${role}`)
    const { host, port, name } = { ...database.connection, name: database.name }
    databaseUrl = `postgres://${role}:${PASSWORD}@localhost/${name}?host=${encodeURIComponent(host)}&port=${port}`
  })
  afterAll(async () => {
    await asked(`drop database if exists boutique_provider with (force)`)
    await asked(`drop database if exists boutique_mailbox with (force)`)
    await database[Symbol.asyncDispose]()
    await dropRoles()
  })

  async function asked(text: string): Promise<Record<string, unknown>[]> {
    const { host, port, user, password } = database.connection
    const client = new Client({ host, port, user, password, database: database.name })
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }

  async function dropRoles(): Promise<void> {
    database = await createThrowawayDatabase()
    const roles = await asked(
      `select rolname from pg_roles where rolname like 'boutique\\_%' or rolname = '${role}'`,
    )
    for (const { rolname } of roles)
      await asked(`drop owned by "${String(rolname)}" cascade; drop role "${String(rolname)}"`)
    await database[Symbol.asyncDispose]()
  }

  test('SIGTERM under load: what was accepted is answered, and the next start has it all', async () => {
    const accepted: string[] = []
    await using first = await startShopProcess({ dataFolder, databaseUrl })
    const load = startLoad(await first.signIn('customer'), 8, accepted)
    await eventually(() => accepted.length >= 30)
    const { code, tookMs, output } = await first.stop('SIGTERM')
    const { cut, answers } = await load
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(LIMIT_MS)
    expect(cut).toEqual([])
    expect(output).not.toContain(PASSWORD)
    expect(new Set(answers).isSubsetOf(new Set([202, 503]))).toBe(true)

    // Nobody owns anything any more: there is nothing for a next host to wait for.
    expect(
      await asked(
        `select id from orders.archipel_sagas where status in ('running', 'compensating') and owner is not null`,
      ),
    ).toEqual([])
    expect(await asked(`select key from payments.archipel_idempotency where status = 'working'`)).toEqual([])
    expect(await asked(`select id from orders.orders`)).toHaveLength(accepted.length)

    await using next = await startShopProcess({ dataFolder, databaseUrl })
    const customer = await next.signIn('customer')
    for (const id of accepted) {
      await customer.follow(`/orders/${id}/events`, { until: isSettled })
      expect((await customer.get(`/orders/${id}`)).body.status).toBe('completed')
    }
    expect((await next.stop()).code).toBe(0)
  })

  test('a busy port is named, and nothing is left running', async () => {
    // The ports behind it are free, so that this one is what is named.
    const port = await freePorts(createDice(process.pid), 4)
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    try {
      const { code, output } = await runShopToItsEnd({ dataFolder, databaseUrl, port })
      expect(code).not.toBe(0)
      expect(code).not.toBeNull()
      expect(output).toContain('ARC_PORT_IN_USE')
      expect(output).toContain(String(port))
      expect(output).not.toMatch(/^\s+at /m)
    } finally {
      server.close()
    }
  })
})

/** Places orders over and over until the door is closed. Told apart: refused before anything was sent, and cut in the middle. */
async function startLoad(
  customer: Door,
  lanes: number,
  accepted: string[],
): Promise<{ cut: string[]; answers: number[] }> {
  const cut: string[] = []
  const answers: number[] = []
  async function lane(): Promise<void> {
    for (;;) {
      try {
        const answer = await customer.post('/orders', order)
        answers.push(answer.status)
        if (answer.status === 202) accepted.push(answer.body.id)
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
        const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
        if (code !== 'ECONNREFUSED') cut.push(code)
        return
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { cut, answers }
}

test('a stopping shop says first that it is not ready, then lets in nobody, and still answers what it took', async () => {
  const faults = createFaultPoints()
  await using shop = await startShop({ faults })
  const customer = await shop.customer()
  const sku = await shop.product()
  const held = faults.pause('command.before-commit')
  const placing = customer.post('/orders', { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } })
  await held.reached
  expect((await fetch(`${shop.application.operationsUrl}/readyz`)).status).toBe(200)
  const stopping = shop.application.stop()
  expect((await fetch(`${shop.application.operationsUrl}/readyz`)).status).toBe(503)
  expect((await fetch(`${shop.application.operationsUrl}/livez`)).status).toBe(200)
  await expect(connection(new URL(shop.application.url))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  held.release()
  expect((await placing).expect(202)).toMatchObject({ status: 'placed' })
  await stopping
  expect(await shop.application.query('select id from orders.orders')).toHaveLength(1)
})

async function connection({ hostname, port }: URL): Promise<void> {
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.destroy()
}
