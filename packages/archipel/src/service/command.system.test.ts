import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  anyOf,
  command,
  conflict,
  contract,
  event,
  notFound,
  owner,
  query,
  roles,
  unavailable,
} from '../contract/index.ts'
import { systemEnvironment } from '../environment/index.ts'
import type { Effect } from '../errors/index.ts'
import { saga } from '../saga/index.ts'
import { quietTelemetry, type LogFields } from '../telemetry/index.ts'
import { createFaultPoints } from '../testing/fault-points.ts'
import { service } from './index.ts'
import { countOf, openTestHost, publishedBy, sql } from './service.fixture.ts'

const rates = contract('rates', {
  version: '1.0.0',
  operations: {
    rate: query({
      access: 'internal',
      input: z.object({ name: z.string() }),
      output: z.object({ rate: z.int() }),
      errors: { NO_RATE: notFound() },
    }),
  },
})
const input = z.object({ name: z.string(), mode: z.string().default('plain') })
const shop = contract('shop', {
  version: '1.0.0',
  operations: {
    add: command({
      access: 'public',
      input,
      output: z.object({ id: z.string(), name: z.string() }),
      errors: { TAKEN: conflict(z.object({ name: z.string() })), LATER: unavailable() },
    }),
    plain: command({ access: roles('clerk'), input, output: z.object({ id: z.string() }) }),
    remove: command({
      access: anyOf(owner('name'), roles('clerk')),
      input: z.object({ name: z.string() }),
      output: z.object({}),
    }),
    priced: command({
      access: 'public',
      input,
      output: z.object({ rate: z.int() }),
      errors: { UNPRICED: conflict() },
    }),
    token: command({
      access: 'public',
      secret: true,
      input,
      output: z.object({ token: z.string() }),
      errors: { WRONG: conflict() },
    }),
  },
  events: { added: event({ data: z.object({ id: z.string(), name: z.string() }), key: 'id', version: 1 }) },
})
const deliver = saga('deliver', { version: 1, input: z.object({ name: z.string() }), uses: { shop } })

const insert = (id: string, name: string) => sql`insert into item (id, name) values (${id}, ${name})`
let prepares = 0

const shopService = service(shop, { uses: { rates }, sagas: [deliver] })
  .operation('add', async ({ name, mode }, { db, publish, start, errors, id }) => {
    const item = { id: id(), name }
    if (mode === 'translated') {
      await db.run(insert(item.id, name))
      await db.run(insert(item.id, name)).catch(() => {
        throw errors.TAKEN({ name })
      })
    }
    await db.run(insert(item.id, name))
    publish.added(item)
    start.deliver(item.id, { name })
    if (mode === 'nested') {
      await db
        .transaction(async () => {
          publish.added({ ...item, name: 'undone' })
          throw new Error('only inside')
        })
        .catch(() => undefined)
    }
    if (mode === 'refused') throw errors.TAKEN({ name })
    if (mode === 'kept') return errors.TAKEN({ name })
    if (mode === 'later') throw errors.LATER()
    if (mode === 'broken') throw new Error('password=secret')
    if (mode === 'malformed') return JSON.parse('{"id":1}')
    return item
  })
  .operation('plain', async ({ name, mode }, { db, id, rates }) => {
    const item = id()
    if (mode === 'calling') await Reflect.get(Object(rates), 'rate')({ name })
    await db.run(insert(item, name))
    return { id: item }
  })
  .operation(
    'remove',
    {
      ownerOf: async ({ name }, db) =>
        (await db.maybeOne(z.object({ name: z.string() }), sql`select name from item where name = ${name}`))
          ?.name,
    },
    async ({ name }, { db }) => {
      await db.run(sql`delete from item where name = ${name}`)
      return {}
    },
  )
  .operation(
    'priced',
    {
      prepare: async ({ name }, { rates, errors }) => {
        prepares++
        const found = await rates.try.rate({ name })
        if (found.ok) return found.value
        if (found.error.code === 'NO_RATE') throw errors.UNPRICED()
        throw found.error
      },
    },
    async ({ name }, { db, id }, { rate }) => {
      await db.run(insert(id(), name))
      return { rate }
    },
  )
  .operation('token', async ({ name, mode }, { db, id, errors }) => {
    await db.run(insert(id(), name))
    return mode === 'kept' ? errors.WRONG() : { token: id() }
  })
const ratesService = service(rates, {}).operation('rate', async ({ name }, { errors }) => {
  if (name === 'none') throw errors.NO_RATE()
  if (name === 'broken') throw new Error('the rates are broken')
  if (name === 'slow') await new Promise((resolve) => setTimeout(resolve, 300))
  return { rate: 7 }
})

const TABLES = { shop: 'create table item (id text primary key, name text not null);' }
const open = (environment = systemEnvironment()) =>
  openTestHost({ services: [shopService, ratesService], tables: TABLES, environment })

/** What the gateway would send. */
function request(operation: string, body: unknown, key: string, principal?: string) {
  const who = principal === undefined ? undefined : { id: principal, roles: [], scopes: [] }
  return {
    service: 'shop',
    operation,
    input: body,
    metadata: {
      caller: 'gateway',
      principal: who,
      idempotencyKey: key,
      correlationId: 'c-1',
      traceparent: undefined,
      undoes: undefined,
    },
  }
}

test('50 requests with one key at once: one effect, one answer, the others come again or get the same', async () => {
  await using host = await open()
  const bounds = host.bounds.open(60_000)
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, () =>
      host.transport.call(request('add', { name: 'tea' }, 'k-1'), bounds).then(
        (answer) => JSON.stringify(answer),
        (error: { code: string; effect: Effect }) => `${error.code} ${error.effect}`,
      ),
    ),
  )
  const answers = new Set(outcomes.filter((outcome) => outcome !== 'ARC_KEY_IN_PROGRESS unknown'))
  expect(answers.size).toBe(1)
  expect(await countOf(host.database('shop'), 'item')).toBe(1)
  expect(await publishedBy(host.database('shop'))).toHaveLength(1)
  expect(JSON.stringify(await host.client(shop).add({ name: 'tea' }, { key: 'k-1' }))).toBe([...answers][0])
})

test('through a client all 50 get the one answer', async () => {
  await using host = await open()
  const client = host.client(shop)
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => client.add({ name: 'tea' }, { key: 'k-1' })),
  )
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
  expect(await countOf(host.database('shop'), 'item')).toBe(1)
})

test('with the wire forced, every command doubled and every answer lost once, there still is one effect', async () => {
  await using host = await openTestHost({
    services: [shopService, ratesService],
    tables: TABLES,
    forced: true,
  })
  const client = host.client(shop)
  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => client.add({ name: `tea ${n}` })))
  await expect(client.add({ name: 'cup', mode: 'refused' })).rejects.toMatchObject({
    code: 'TAKEN',
    details: { name: 'cup' },
  })
  expect(await client.priced({ name: 'tea' })).toEqual({ rate: 7 })
  expect(new Set(answers.map(({ id }) => id)).size).toBe(10)
  expect(await countOf(host.database('shop'), 'item')).toBe(11)
  expect(await publishedBy(host.database('shop'))).toHaveLength(10)
})

test('row, event, saga and answer are one: all there, and hints come after the commit', async () => {
  await using host = await open()
  const { id } = await host.client(shop).add({ name: 'tea' }, { key: 'k-1' })
  expect(await publishedBy(host.database('shop'))).toMatchObject([
    {
      type: 'shop.added.v1',
      key: id,
      data: { id, name: 'tea' },
      correlationId: 'c-test',
      causationId: 'k-1',
    },
  ])
  expect(await countOf(host.database('shop'), 'archipel_test_sagas')).toBe(1)
  expect(host.committed).toEqual([`adopt deliver ${id}`, 'kick', `changed shop ${id}`])
})

test('a refusal that is thrown is the answer of its key, with none of its rows, events and starts', async () => {
  await using host = await open()
  const client = host.client(shop)
  const refused = { code: 'TAKEN', kind: 'conflict', details: { name: 'tea' }, declaredBy: 'shop' }
  await expect(client.add({ name: 'tea', mode: 'refused' }, { key: 'k-1' })).rejects.toMatchObject(refused)
  await expect(client.add({ name: 'tea', mode: 'refused' }, { key: 'k-1' })).rejects.toMatchObject(refused)
  const database = host.database('shop')
  expect([
    await countOf(database, 'item'),
    (await publishedBy(database)).length,
    await countOf(database, 'archipel_test_sagas'),
  ]).toEqual([0, 0, 0])
  expect(await countOf(database, 'archipel_idempotency')).toBe(1)
  expect(host.committed).toEqual([])
})

test('a refusal also undoes what a failed statement left behind', async () => {
  await using host = await open()
  await expect(host.client(shop).add({ name: 'tea', mode: 'translated' })).rejects.toMatchObject({
    code: 'TAKEN',
  })
  expect(await countOf(host.database('shop'), 'item')).toBe(0)
})

test('a refusal that is returned is the answer of its key too, and keeps what was written', async () => {
  await using host = await open()
  const client = host.client(shop)
  for (let time = 0; time < 2; time++)
    await expect(client.add({ name: 'tea', mode: 'kept' }, { key: 'k-1' })).rejects.toMatchObject({
      code: 'TAKEN',
    })
  expect(await countOf(host.database('shop'), 'item')).toBe(1)
  expect(await publishedBy(host.database('shop'))).toHaveLength(1)
})

test.each([
  ['later', 'LATER'],
  ['broken', 'ARC_INTERNAL'],
  ['malformed', 'ARC_INTERNAL'],
])('what is not final (%s) leaves nothing behind and is not frozen as the answer', async (mode, code) => {
  await using host = await open()
  const bounds = host.bounds.open(10_000)
  await expect(
    host.transport.call(request('add', { name: 'tea', mode }, 'k-1'), bounds),
  ).rejects.toMatchObject({ code, effect: 'none' })
  const database = host.database('shop')
  expect([
    await countOf(database, 'item'),
    (await publishedBy(database)).length,
    await countOf(database, 'archipel_idempotency'),
  ]).toEqual([0, 0, 0])
  expect(await host.client(shop).add({ name: 'tea' }, { key: 'k-1' })).toMatchObject({ name: 'tea' })
})

test('one key with another input is refused; a default that came later is no other input', async () => {
  await using host = await open()
  const bounds = host.bounds.open(10_000)
  const first = await host.transport
    .call(request('plain', { name: 'tea' }, 'k-1', 'u1'), bounds)
    .catch((error: { code: string }) => error.code)
  expect(first).toBe('ARC_FORBIDDEN')
  const client = host.client(shop, { principal: 'u1', roles: ['clerk'] })
  const { id } = await client.plain({ name: 'tea' }, { key: 'k-1' })
  await expect(client.plain({ name: 'cup' }, { key: 'k-1' })).rejects.toMatchObject({
    code: 'ARC_KEY_REUSED',
    kind: 'refused',
  })
  await expect(client.plain({ name: 'tea', mode: 'plain' }, { key: 'k-1' })).rejects.toMatchObject({
    code: 'ARC_KEY_REUSED',
  })
  expect(await client.plain({ name: 'tea' }, { key: 'k-1' })).toEqual({ id })
})

test("keys belong to who sends them: another principal, or another anonymous input, doesn't meet them", async () => {
  await using host = await open()
  const one = await host
    .client(shop, { principal: 'u1', roles: ['clerk'] })
    .plain({ name: 'tea' }, { key: 'k-1' })
  const two = await host
    .client(shop, { principal: 'u2', roles: ['clerk'] })
    .plain({ name: 'tea' }, { key: 'k-1' })
  expect(one.id).not.toBe(two.id)
  const three = await host.client(shop).add({ name: 'a' }, { key: 'k-2' })
  const four = await host.client(shop).add({ name: 'b' }, { key: 'k-2' })
  expect(three.id).not.toBe(four.id)
})

test('a stored answer is given only to who may still ask', async () => {
  await using host = await open()
  await host.client(shop, { principal: 'u1', roles: ['clerk'] }).plain({ name: 'tea' }, { key: 'k-1' })
  await expect(
    host.client(shop, { principal: 'u1' }).plain({ name: 'tea' }, { key: 'k-1' }),
  ).rejects.toMatchObject({ code: 'ARC_FORBIDDEN', message: expect.stringContaining('role clerk') })
})

test('the owner is asked for inside the transaction; a denial is never stored', async () => {
  await using host = await open()
  await host.client(shop).add({ name: 'u1' })
  await expect(
    host.client(shop, { principal: 'u2' }).remove({ name: 'u1' }, { key: 'k-1' }),
  ).rejects.toMatchObject({ code: 'ARC_NOT_FOUND' })
  expect(await countOf(host.database('shop'), 'item')).toBe(1)
  expect(await countOf(host.database('shop'), 'archipel_idempotency')).toBe(1)
  await host.client(shop, { principal: 'u1' }).remove({ name: 'u1' }, { key: 'k-1' })
  expect(await countOf(host.database('shop'), 'item')).toBe(0)
})

test('prepare reads other services before the transaction, and not again for a key that has its answer', async () => {
  await using host = await open()
  prepares = 0
  const client = host.client(shop)
  expect(await client.priced({ name: 'tea' }, { key: 'k-1' })).toEqual({ rate: 7 })
  expect(await client.priced({ name: 'tea' }, { key: 'k-1' })).toEqual({ rate: 7 })
  expect(prepares).toBe(1)
})

test('a handler that calls another service in its transaction is told to read before it', async () => {
  const logged: unknown[] = []
  const quiet = quietTelemetry()
  const log = {
    ...quiet.log,
    error: (_message: string, fields?: LogFields) => void logged.push(fields?.['error']),
  }
  await using host = await openTestHost({
    services: [shopService, ratesService],
    tables: TABLES,
    telemetry: { ...quiet, log },
  })
  const { plain } = host.client(shop, { principal: 'ann', roles: ['clerk'] })
  await expect(plain({ name: 'tea', mode: 'calling' })).rejects.toMatchObject({ code: 'ARC_INTERNAL' })
  expect(logged).toMatchObject([
    { message: expect.stringContaining('{ prepare: (input, { rates }) => rates.… } before the handler') },
  ])
})

test('a refusal of prepare is stored as the answer', async () => {
  await using host = await open()
  prepares = 0
  const client = host.client(shop)
  for (let time = 0; time < 2; time++)
    await expect(client.priced({ name: 'none' }, { key: 'k-1' })).rejects.toMatchObject({ code: 'UNPRICED' })
  expect(prepares).toBe(1)
  expect(await countOf(host.database('shop'), 'archipel_idempotency')).toBe(1)
})

test('what prepare asks may fail or take too long: nothing is written, and nothing is kept under the key', async () => {
  await using host = await open()
  const { priced } = host.client(shop)
  const broken = () => priced({ name: 'broken' }, { key: 'k-1' })
  await expect(broken()).rejects.toMatchObject({ code: 'ARC_INTERNAL', effect: 'none' })
  const before = prepares
  await expect(broken()).rejects.toMatchObject({ code: 'ARC_INTERNAL', effect: 'none' })
  expect(prepares).toBe(before + 1)
  await expect(priced({ name: 'slow' }, { key: 'k-2', deadline: '100ms' })).rejects.toMatchObject({
    code: 'ARC_DEADLINE',
    effect: 'unknown',
  })
  expect(await countOf(host.database('shop'), 'item')).toBe(0)
  expect(await priced({ name: 'slow' }, { key: 'k-2' })).toEqual({ rate: 7 })
})

test('an answer that is a secret is never stored, whatever it is', async () => {
  await using host = await open()
  const bounds = host.bounds.open(10_000)
  const ask = () => host.transport.call(request('token', { name: 'tea' }, 'k-1'), bounds)
  expect(await ask()).not.toEqual(await ask())
  await expect(
    host.transport.call(request('token', { name: 'tea', mode: 'kept' }, 'k-1'), bounds),
  ).rejects.toMatchObject({ code: 'WRONG' })
  expect(await countOf(host.database('shop'), 'archipel_idempotency')).toBe(0)
  expect(await countOf(host.database('shop'), 'item')).toBe(3)
})

test('what a nested transaction published goes with what it wrote', async () => {
  await using host = await open()
  await host.client(shop).add({ name: 'tea', mode: 'nested' })
  expect((await publishedBy(host.database('shop'))).map(({ data }) => data['name'])).toEqual(['tea'])
})

test('nothing begins after the deadline, and nothing that was begun is committed', async () => {
  const late = {
    armed: true,
    reach: (point: string) =>
      point === 'command.handled' ? new Promise<void>((resolve) => setTimeout(resolve, 120)) : undefined,
  }
  await using host = await open(systemEnvironment({ faults: late }))
  await expect(host.client(shop).add({ name: 'tea' }, { deadline: '60ms' })).rejects.toMatchObject({
    code: 'ARC_DEADLINE',
    effect: 'unknown',
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await countOf(host.database('shop'), 'item')).toBe(0)
})

test('an undo begins nothing after its deadline, and commits nothing of what it began in time', async () => {
  const faults = createFaultPoints()
  await using host = await open(systemEnvironment({ faults }))
  await host.client(shop).add({ name: 'u1' })
  const forward = { operation: 'add', principal: 'u1', key: 'saga/step/run/1', firstSentAt: Date.now() }
  await host.transport.call(request('add', { name: 'tea' }, forward.key, 'u1'), host.bounds.open())
  const undo = request('remove', { name: 'u1' }, 'saga/step/undo/1', 'u1')
  const undone = (bounds = host.bounds.open()) =>
    host.transport.call({ ...undo, metadata: { ...undo.metadata, undoes: [forward] } }, bounds)
  const items = () => countOf(host.database('shop'), 'item')
  const handled = faults.pause('command.handled', 'shop.remove')
  const bounds = host.bounds.open()
  const late = undone(bounds)
  await handled.reached
  bounds.expire()
  handled.release()
  await expect(late).rejects.toMatchObject({ code: 'ARC_DEADLINE' })
  await expect(undone(host.bounds.open(0))).rejects.toMatchObject({ code: 'ARC_DEADLINE', effect: 'none' })
  expect([await items(), faults.count('command.claimed', 'shop.remove')]).toEqual([2, 1])
  expect(await undone()).toEqual({})
  expect(await items()).toBe(1)
})

test('passes its named points in order', async () => {
  const points: string[] = []
  await using host = await open(
    systemEnvironment({ faults: { armed: true, reach: (point) => void points.push(point) } }),
  )
  await host.client(shop).add({ name: 'tea' })
  expect(points).toEqual([
    'command.claimed',
    'command.handled',
    'command.before-commit',
    'command.after-commit',
    'command.answered',
  ])
})

test.each(['command.after-commit', 'command.answered'] as const)(
  'what fails at %s has an effect that is unknown; the repeat brings the answer',
  async (point) => {
    const faults = createFaultPoints()
    await using host = await open(systemEnvironment({ faults }))
    const add = () => host.client(shop).add({ name: 'tea' }, { key: 'k-1' })
    faults.fail(point)
    await expect(add()).rejects.toMatchObject({ code: 'ARC_INTERNAL', effect: 'unknown' })
    expect(await countOf(host.database('shop'), 'item')).toBe(1)
    expect(await add()).toMatchObject({ name: 'tea' })
    expect(faults.count('command.after-commit')).toBe(1)
  },
)

test('what fails before the commit has no effect, of an undo either; after it nobody can tell', async () => {
  const faults = createFaultPoints()
  await using host = await open(systemEnvironment({ faults }))
  const bounds = host.bounds.open(10_000)
  await host.client(shop).add({ name: 'u1' })
  const undo = request('remove', { name: 'u1' }, 'saga/step/undo/1', 'u1')
  const undoes = [{ operation: 'add', principal: 'u1', key: 'saga/step/run/1', firstSentAt: Date.now() }]
  const undone = () => host.transport.call({ ...undo, metadata: { ...undo.metadata, undoes } }, bounds)
  faults.fail('command.before-commit')
  await expect(undone()).rejects.toMatchObject({ code: 'ARC_INTERNAL', effect: 'none' })
  faults.fail('command.after-commit')
  await expect(undone()).rejects.toMatchObject({ code: 'ARC_INTERNAL', effect: 'unknown' })
  expect(await undone()).toBeNull()
})

test('an undo that comes first withdraws its forward, and has nothing to undo', async () => {
  await using host = await open()
  const bounds = host.bounds.open(10_000)
  const forward = { ...request('add', { name: 'tea' }, 'saga/step/run/1', 'u1') }
  const undo = request('remove', { name: 'u1' }, 'saga/step/undo/1', 'u1')
  const undoes = [{ operation: 'add', principal: 'u1', key: 'saga/step/run/1', firstSentAt: Date.now() }]
  await host.client(shop).add({ name: 'u1' })
  expect(await host.transport.call({ ...undo, metadata: { ...undo.metadata, undoes } }, bounds)).toBeNull()
  await expect(host.transport.call(forward, bounds)).rejects.toMatchObject({ code: 'ARC_WITHDRAWN' })
  expect(await countOf(host.database('shop'), 'item')).toBe(1)
})

test('transactions that deadlock are run again until both are done, each run with the input as it came', async () => {
  const board = contract('board', {
    version: '1.0.0',
    operations: {
      swap: command({
        access: 'public',
        input: z.object({ from: z.int(), to: z.int() }),
        output: z.object({}),
      }),
    },
  })
  const waiting = Promise.withResolvers<void>()
  let runs = 0
  let locked = 0
  const boardService = service(board, {}).operation('swap', async (input, { db }) => {
    const { from, to } = input
    Object.assign(input, { from: 0, to: 0 })
    await db.run(sql`update place set n = n + 1 where id = ${from}`)
    runs++
    if (++locked === 2) waiting.resolve()
    await waiting.promise
    await db.run(sql`update place set n = n + 1 where id = ${to}`)
    return {}
  })
  await using host = await openTestHost({
    services: [boardService],
    tables: {
      board:
        'create table place (id int primary key, n int not null); insert into place values (1, 0), (2, 0);',
    },
  })
  const client = host.client(board)
  await Promise.all([client.swap({ from: 1, to: 2 }), client.swap({ from: 2, to: 1 })])
  const rows = await host.database('board').query({ text: 'select n from place', values: [] })
  expect(rows).toEqual([{ n: 2 }, { n: 2 }])
  expect(runs).toBe(3)
})
