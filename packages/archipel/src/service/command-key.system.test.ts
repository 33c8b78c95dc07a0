import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, conflict, contract, event, owner } from '../contract/index.ts'
import { systemEnvironment } from '../environment/index.ts'
import { service } from './index.ts'
import { countOf, openTestHost, publishedBy, sql } from './service.fixture.ts'

const modes = ['plain', 'silent', 'nested', 'parallel', 'swallowed', 'translated', 'broken'] as const
const input = z.object({ name: z.string() })
const output = z.object({ name: z.string(), run: z.int() })
const shop = contract('shop', {
  version: '1.0.0',
  operations: {
    add: command({
      access: 'public',
      input: z.object({ name: z.string(), mode: z.enum(modes) }),
      output,
      errors: { TAKEN: conflict() },
    }),
    take: command({ access: 'public', input, output, errors: { TAKEN: conflict() } }),
    rename: command({ access: owner('name'), input, output }),
  },
  events: { added: event({ data: z.object({ name: z.string() }), key: 'name', version: 1 }) },
})

/** How often a handler began. */
let began = 0
/** What the handler of `take` does once its first statement was answered. */
let taking: () => Promise<void> = async () => undefined

const insert = (name: string) => sql`insert into item (name) values (${name})`

const shopService = service(shop, {})
  .operation('add', async ({ name, mode }, { db, publish, errors }) => {
    const run = ++began
    publish.added({ name })
    // From its second run on, each of these sees a key that has its answer.
    if (mode === 'plain') await db.run(insert(name))
    if (mode === 'nested') await db.transaction((inner) => inner.run(insert(name)))
    if (mode === 'parallel') await Promise.all([db.run(insert(name)), db.run(insert(name))])
    if (mode === 'swallowed') await db.run(insert(name)).catch(() => undefined)
    if (mode === 'translated')
      await db.run(insert(name)).catch(() => {
        throw errors.TAKEN()
      })
    if (mode === 'broken' && run > 1) throw new Error('a bug of the next version')
    return { name, run }
  })
  .operation('take', async ({ name }, { db, errors }) => {
    await db.run(insert(name))
    await taking()
    if (++began === 1) throw errors.TAKEN()
    return { name, run: began }
  })
  .operation(
    'rename',
    {
      ownerOf: async ({ name }, db) =>
        (await db.maybeOne(input, sql`select name from item where name = ${name} limit 1`))?.name,
    },
    async ({ name }, { db }) => {
      await db.run(insert(name))
      return { name, run: ++began }
    },
  )

async function open(environment = systemEnvironment()) {
  began = 0
  taking = async () => undefined
  const host = await openTestHost({
    services: [shopService],
    tables: { shop: 'create table item (name text not null)' },
    environment,
  })
  const database = host.database('shop')
  return {
    ...host,
    /** Rows, events, records. */
    written: async () => [
      await countOf(database, 'item'),
      (await publishedBy(database)).length,
      await countOf(database, 'archipel_idempotency'),
    ],
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  }
}

test.each(modes)(
  'a key that has its answer gives it, whatever its handler makes of that (%s)',
  async (mode) => {
    await using host = await open()
    const client = host.client(shop)
    const first = await client.add({ name: 'tea', mode }, { key: 'k-1' })
    const written = await host.written()
    expect(await client.add({ name: 'tea', mode }, { key: 'k-1' })).toEqual(first)
    expect(await host.written()).toEqual(written)
  },
)

test('a key at work is told at once, also where its handler would wait for a row of the first', async () => {
  await using host = await open()
  const reached = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  taking = async () => {
    began = 1
    reached.resolve()
    await goOn.promise
  }
  const unique = { text: 'create unique index on item (name)', values: [] }
  await host.database('shop').query(unique)
  const first = host.client(shop).take({ name: 'tea' }, { key: 'k-1' })
  await reached.promise
  const repeat = {
    service: 'shop',
    operation: 'take',
    input: { name: 'tea' },
    metadata: {
      caller: 'shop-window',
      principal: undefined,
      idempotencyKey: 'k-1',
      correlationId: 'c-1',
      traceparent: undefined,
      undoes: undefined,
    },
  }
  // Of another caller the key is another one; so the first is asked for again as itself.
  const again = { ...repeat, metadata: { ...repeat.metadata, caller: 'gateway' } }
  await expect(host.transport.call(again, host.bounds.open(10_000))).rejects.toMatchObject({
    code: 'ARC_KEY_IN_PROGRESS',
    effect: 'unknown',
  })
  goOn.resolve()
  expect(await first).toEqual({ name: 'tea', run: 2 })
})

test('between a refusal and its record another request may get the key: then its answer is the answer', async () => {
  let interfere: (() => Promise<unknown>) | undefined
  const faults = {
    armed: true,
    async reach(point: string) {
      if (point !== 'command.handled') return
      const go = interfere
      interfere = undefined
      await go?.()
    },
  }
  await using host = await open(systemEnvironment({ faults }))
  const client = host.client(shop)
  interfere = () => client.take({ name: 'tea' }, { key: 'k-1' })
  expect(await client.take({ name: 'tea' }, { key: 'k-1' })).toEqual({ name: 'tea', run: 2 })
  expect(await client.take({ name: 'tea' }, { key: 'k-1' })).toEqual({ name: 'tea', run: 2 })
  expect(await host.written()).toEqual([1, 0, 1])
})

test('a refusal under one key, asked for many times at once, is the answer of at least one, and then of all', async () => {
  await using host = await open()
  taking = async () => void (began = 0)
  const client = host.client(shop)
  const many = await Promise.allSettled(
    Array.from({ length: 20 }, () => client.take({ name: 'tea' }, { key: 'k-1' })),
  )
  expect(many.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(many.map(() => 'TAKEN'))
  expect(await host.written()).toEqual([0, 0, 1])
})

test('a refusal that a handler made of a lost connection is no answer', async () => {
  await using host = await open()
  taking = async () => {
    const backends = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where usename = current_user and state = 'idle in transaction'`
    await host.database('shop').query({ text: backends, values: [] })
  }
  const bounds = host.bounds.open(10_000)
  const outcome = host.transport.call(
    {
      service: 'shop',
      operation: 'take',
      input: { name: 'tea' },
      metadata: {
        caller: 'gateway',
        principal: undefined,
        idempotencyKey: 'k-1',
        correlationId: 'c-1',
        traceparent: undefined,
        undoes: undefined,
      },
    },
    bounds,
  )
  await expect(outcome).rejects.toMatchObject({ code: 'ARC_DATABASE_UNAVAILABLE', effect: 'none' })
  expect(await host.written()).toEqual([0, 0, 0])
})

test('who owns the thing is asked before a known answer is given', async () => {
  await using host = await open()
  const anna = host.client(shop, { principal: 'anna' })
  await host.client(shop).add({ name: 'anna', mode: 'plain' })
  const answer = await anna.rename({ name: 'anna' }, { key: 'k-1' })
  expect(await anna.rename({ name: 'anna' }, { key: 'k-1' })).toEqual(answer)
  await host
    .database('shop')
    .query({ text: 'truncate item', values: [] })
    .catch(() => undefined)
  await host.database('shop').query({ text: 'delete from item', values: [] })
  await expect(anna.rename({ name: 'anna' }, { key: 'k-1' })).rejects.toMatchObject({ code: 'ARC_NOT_FOUND' })
})

test('what an undo withdrew stays withdrawn when its handler refuses', async () => {
  await using host = await open()
  const bounds = host.bounds.open(10_000)
  const request = (key: string, undoes?: string[]) => ({
    service: 'shop',
    operation: 'take',
    input: { name: 'tea' },
    metadata: {
      caller: 'orders',
      principal: undefined,
      idempotencyKey: key,
      correlationId: 'c-1',
      traceparent: undefined,
      undoes: undoes?.map((forward) => ({
        operation: 'take',
        principal: 'service:orders',
        key: forward,
        firstSentAt: Date.now(),
      })),
    },
  })
  began = 1
  await host.transport.call(request('saga/step/run/1'), bounds)
  began = 0
  const undo = request('saga/step/undo/1', ['saga/step/run/1', 'saga/step/run/2'])
  await expect(host.transport.call(undo, bounds)).rejects.toMatchObject({ code: 'TAKEN' })
  await expect(host.transport.call(undo, bounds)).rejects.toMatchObject({ code: 'TAKEN' })
  await expect(host.transport.call(request('saga/step/run/2'), bounds)).rejects.toMatchObject({
    code: 'ARC_WITHDRAWN',
  })
  expect(await countOf(host.database('shop'), 'item')).toBe(1)
})
