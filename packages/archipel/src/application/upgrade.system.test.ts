import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, contract } from '../contract/index.ts'
import { frameworkError } from '../errors/index.ts'
import { saga } from '../saga/index.ts'
import { service } from '../service/index.ts'
import { connectAdmin, sql } from '../storage/index.ts'
import { quietTelemetry } from '../telemetry/index.ts'
import { eventually } from '../testing/eventually.ts'
import { createThrowawayDatabase } from '../testing/throwaway-database.ts'
import { application, startApplication, type Seams } from './index.ts'

const migrations = new URL('../testing/fixture-migrations/', import.meta.url)
const Reservation = z.object({ orderId: z.string(), quantity: z.int() })
const output = z.object({ by: z.string(), note: z.string() })

const stock1 = contract('stock', {
  version: '1.0.0',
  operations: { reserve: command({ access: 'internal', input: Reservation, output }) },
  events: {},
})
/** One field more, which callers needn't know. */
const stock2 = contract('stock', {
  version: '1.1.0',
  operations: {
    reserve: command({
      access: 'internal',
      input: Reservation.extend({ note: z.string().default('none given') }),
      output,
    }),
  },
  events: {},
})
const orders = contract('orders', {
  version: '1.0.0',
  operations: {
    place: command({ access: 'internal', input: Reservation, output: z.object({}) }),
    complete: command({
      access: 'internal',
      input: output.extend({ orderId: z.string() }),
      output: z.object({}),
    }),
  },
  events: {},
})

const stockService1 = service(stock1, { database: { migrations } }).operation(
  'reserve',
  async ({ orderId }, { db, id }) => {
    await db.run(sql`insert into notes (id, text) values (${id()}, ${orderId})`)
    return { by: '1.0.0', note: '' }
  },
)
const stockService2 = service(stock2, { database: { migrations } }).operation(
  'reserve',
  async ({ orderId, note }, { db, id }) => {
    await db.run(sql`insert into notes (id, text) values (${id()}, ${orderId})`)
    return { by: '1.1.0', note }
  },
)

function ordersService(stock: typeof stock1 | typeof stock2) {
  const fulfil = saga('fulfil', { version: 1, input: Reservation, uses: { stock, orders } })
    .pivot('reserve', ({ input }, clients) => clients.stock.reserve(input))
    .step('complete', ({ input, reserve }, clients) =>
      clients.orders.complete({ ...reserve, orderId: input.orderId }),
    )
  return service(orders, { database: { migrations }, sagas: [fulfil] })
    .operation('place', async (input, { start }) => {
      start.fulfil(input.orderId, input)
      return {}
    })
    .operation('complete', async ({ orderId, by, note }, { db }) => {
      await db.run(sql`insert into notes (id, text) values (${orderId}, ${`by ${by} ${note}`})`)
      return {}
    })
}

test('a callee gains a field with a default between a lost reply and its repeat: the repeat gets the stored answer', async () => {
  await using given = await createThrowawayDatabase()
  await using connection = await connectAdmin(given.connection)
  const dataFolder = await mkdtemp(join(tmpdir(), 'archipel-upgrade-'))
  // PostgreSQL runs as another user where we are root.
  await chmod(dataFolder, 0o755)
  const { host, user, password, database } = given.connection
  const databaseUrl = `postgres://${user}:${password}@/${database}?host=${encodeURIComponent(host)}`
  const options = { dataFolder, databaseUrl, port: 0, telemetry: quietTelemetry() }
  const key = { idempotencyKey: 'a-key-that-is-kept' }
  let lost = 0
  const losingReplies: Seams['transport'] = (local) => ({
    ...local,
    async call(request, bounds) {
      const answer = await local.call(request, bounds)
      if (request.operation !== 'reserve' || request.metadata.caller !== 'orders') return answer
      lost++
      throw frameworkError('ARC_UNAVAILABLE', 'the reply was lost', { effect: 'unknown' })
    },
  })
  const reservations = async (order: string) =>
    (await connection.query('select from stock.notes where text = $1', [order])).length

  try {
    const before = await startApplication(
      application(given.namespace, { services: [stockService1, ordersService(stock1)] }),
      { ...options, seams: { transport: losingReplies } },
    )
    const asked = { orderId: 'asked', quantity: 2 }
    expect(await before.client(stock1, key).reserve(asked)).toEqual({ by: '1.0.0', note: '' })
    await before.client(orders).place({ orderId: 'ordered', quantity: 1 })
    await eventually(() => lost >= 2)
    await before.stop()

    const after = await startApplication(
      application(given.namespace, { services: [stockService2, ordersService(stock2)] }),
      options,
    )
    try {
      await eventually(async () => (await connection.query(`select from orders.notes`)).length === 1)
      expect(await connection.query(`select text from orders.notes where id = 'ordered'`)).toEqual([
        { text: 'by 1.0.0 ' },
      ])
      expect(await reservations('ordered')).toBe(1)
      const { reserve } = after.client(stock2, key)
      expect(await reserve(asked)).toEqual({ by: '1.0.0', note: '' })
      await expect(reserve({ ...asked, note: 'fragile' })).rejects.toMatchObject({ code: 'ARC_KEY_REUSED' })
      expect(await reservations('asked')).toBe(1)
      await after.client(orders).place({ orderId: 'new', quantity: 1 })
      await eventually(async () => (await connection.query(`select from orders.notes`)).length === 2)
      expect(await connection.query(`select text from orders.notes where id = 'new'`)).toEqual([
        { text: 'by 1.1.0 none given' },
      ])
    } finally {
      await after.stop()
    }
  } finally {
    await rm(dataFolder, { recursive: true, force: true })
  }
})
