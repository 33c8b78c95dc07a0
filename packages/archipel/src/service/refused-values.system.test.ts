import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, contract, event, owner, query, roles, stream } from '../contract/index.ts'
import { quietTelemetry, type LogFields } from '../telemetry/index.ts'
import { service } from './index.ts'
import { countOf, openTestHost, sql, type TestHostOptions } from './service.fixture.ts'

const Note = z.object({ text: z.string(), tags: z.record(z.string(), z.array(z.string())).default({}) })
const shop = contract('shop', {
  version: '1.0.0',
  operations: {
    find: query({ access: 'public', input: Note, output: z.object({ found: z.int() }) }),
    mine: query({ access: owner('id'), input: z.object({}), output: z.object({ id: z.string() }) }),
    read: query({
      access: 'public',
      input: z.object({ ids: z.array(z.string()).default([]), limit: z.number().default(1) }),
      output: z.object({ found: z.int() }),
    }),
    watch: stream({
      access: 'public',
      input: z.object({ id: z.string() }),
      output: z.object({ found: z.int() }),
    }),
    add: command({ access: 'public', input: Note, output: z.object({}) }),
    touch: command({ access: roles('clerk'), input: z.object({}), output: z.object({}) }),
    tell: command({ access: 'public', input: z.object({ code: z.int() }), output: z.object({}) }),
  },
  events: { told: event({ data: z.object({ id: z.string(), note: Note }), key: 'id', version: 1 }) },
})
const Found = z.object({ found: z.int() })
const ofId = (id: string | undefined) => sql`select count(*)::int as found from item where id = ${id}`

const shopService = service(shop, {})
  .operation('find', ({ text }, { db }) =>
    db.one(Found, sql`select count(*)::int as found from item where name = ${text}`),
  )
  .operation('mine', async (_input, { db, principal }) => {
    await db.one(Found, ofId(principal?.id))
    return { id: principal?.id ?? '' }
  })
  .operation('read', ({ ids, limit }, { db }) =>
    db.one(Found, sql`select count(*)::int as found from item where id = any(${ids}) and ${limit}::int > 0`),
  )
  .operation('watch', async function* ({ id }, { db }) {
    yield { id: '1', data: await db.one(Found, ofId(id)) }
  })
  .operation('add', async ({ text }, { db, id }) => {
    await db.run(sql`insert into item values (${id()}, ${text})`)
    return {}
  })
  .operation('touch', async (_input, { db, principal }) => {
    await db.run(sql`update item set name = name where id = ${principal?.id}`)
    return {}
  })
  .operation('tell', async ({ code }, { publish }) => {
    publish.told({ id: '1', note: { text: `a${String.fromCodePoint(code)}`, tags: {} } })
    return {}
  })

const open = (options: Partial<TestHostOptions> = {}) =>
  openTestHost({
    ...options,
    services: [shopService],
    tables: { shop: 'create table item (id uuid primary key, name text not null)' },
  })

test.each([false, true])(
  'U+0000 is refused where it stands, in queries and in commands (wire forced: %s)',
  async (forced) => {
    await using host = await open({ forced })
    const { find, add } = host.client(shop, { caller: 'operator' })
    for (const call of [find, add]) {
      await expect(call({ text: 'a\0b', tags: { good: ['x', '\0'], '\0': [] } })).rejects.toMatchObject({
        code: 'ARC_INPUT_INVALID',
        details: { issues: [{ path: 'text' }, { path: 'tags.good[1]' }, { path: 'tags["\\u0000"]' }] },
      })
    }
    expect(await countOf(host.database('shop'), 'item')).toBe(0)
    await add({ text: String.raw`a\u0000b` })
    expect(await find({ text: String.raw`a\u0000b` })).toEqual({ found: 1 })
  },
)

test('an event with U+0000 in its data is not published, and the log says where it stands', async () => {
  const logged: unknown[] = []
  const quiet = quietTelemetry()
  const log = {
    ...quiet.log,
    error: (_message: string, fields?: LogFields) => void logged.push(fields?.['error']),
  }
  await using host = await open({ telemetry: { ...quiet, log } })
  const { tell } = host.client(shop)
  await tell({ code: 65 })
  await expect(tell({ code: 0 })).rejects.toMatchObject({ code: 'ARC_INTERNAL' })
  expect(logged).toMatchObject([
    { code: 'ARC_OUTPUT_INVALID', message: expect.stringMatching(/shop\.told\.v1 .* note\.text: .*U\+0000/) },
  ])
})

test('a value of the input that its column can not read is the fault of the input', async () => {
  await using host = await open()
  const { read, watch } = host.client(shop)
  const good = '00000000-0000-4000-8000-000000000000'
  expect(await read({ ids: [good] })).toEqual({ found: 0 })
  await expect(read({ ids: [good, 'abc'] })).rejects.toMatchObject({
    code: 'ARC_INPUT_INVALID',
    details: { issues: [{ path: 'ids[1]', message: 'is no uuid' }] },
  })
  await expect(read({ limit: 1.5 })).rejects.toMatchObject({
    code: 'ARC_INPUT_INVALID',
    details: { issues: [{ path: 'limit', message: 'is no integer' }] },
  })
  await expect(Array.fromAsync(watch({ id: 'abc' }))).rejects.toMatchObject({
    code: 'ARC_INPUT_INVALID',
    details: { issues: [{ path: 'id' }] },
  })
})

test("a principal whose id the service's tables can not hold is nobody there, which the log says without a stack", async () => {
  const logged: LogFields[] = []
  const quiet = quietTelemetry()
  const log = { ...quiet.log, warn: (_message: string, fields: LogFields = {}) => void logged.push(fields) }
  await using host = await open({ telemetry: { ...quiet, log } })
  const { mine, touch } = host.client(shop, { principal: 'auth0|7', roles: ['clerk'] })
  for (const call of [mine, touch])
    await expect(call({})).rejects.toMatchObject({
      code: 'ARC_FORBIDDEN',
      message: expect.stringContaining('no uuid'),
    })
  expect(logged).toEqual(
    ['shop.mine', 'shop.touch'].map((operation) => ({
      operation,
      correlationId: 'c-test',
      reason: expect.stringContaining('no uuid'),
    })),
  )
})
