import { expect, test } from 'vitest'
import { z } from 'zod'
import { anyOf, contract, notFound, owner, page, query, roles, stream } from '../contract/index.ts'
import { systemEnvironment } from '../environment/index.ts'
import { ArchipelError } from '../errors/index.ts'
import type { WriteDatabase } from '../storage/index.ts'
import { createTelemetry, quietTelemetry, type LogFields } from '../telemetry/index.ts'
import { createVirtualTime } from '../testing/virtual-time.ts'
import { service } from './index.ts'
import { openTestHost } from './service.fixture.ts'

const Thing = z.object({ id: z.string(), ownerId: z.string(), tags: z.array(z.string()) })
const things = contract('things', {
  version: '1.0.0',
  operations: {
    echo: query({ access: 'public', input: Thing, output: Thing }),
    find: query({
      access: 'public',
      input: z.object({ id: z.string() }),
      output: Thing,
      errors: { NO_THING: notFound(z.object({ id: z.string() })) },
    }),
    mine: query({
      access: anyOf(owner('ownerId'), roles('support')),
      input: z.object({ ownerId: z.string() }),
      output: Thing,
      errors: { GONE: notFound(), NO_THING: notFound(z.object({ id: z.string() })) },
    }),
    list: query({ access: owner('ownerId'), ...page(Thing, { ownerIds: z.array(z.string()) }) }),
    inner: query({ access: 'internal', input: z.object({}), output: z.object({}) }),
    support: query({ access: roles('support'), input: z.object({}), output: z.object({}) }),
    numbers: stream({
      access: owner('ownerId'),
      input: z.object({ ownerId: z.string() }),
      output: z.object({ n: z.int() }),
    }),
  },
})

const thing = (ownerId: string) => ({ id: '1', ownerId, tags: [] })
const kept: { tags: string[] }[] = []
const answer = { id: '1', ownerId: 'a', tags: ['kept'], extra: 'not in the contract' }

const thingsService = service(things, {})
  .operation('echo', async (input) => {
    kept.push(input)
    return answer
  })
  .operation('find', async ({ id }, { errors }) => {
    if (id === 'none') throw errors.NO_THING({ id })
    if (id === 'foreign')
      throw new ArchipelError({ code: 'NO_STOCK', kind: 'conflict', message: 'secret', declaredBy: 'stock' })
    if (id === 'bug') throw new Error('password=secret')
    // What doesn't fit the contract, as a program without types could answer it.
    return JSON.parse('{"id":1,"password":"secret"}')
  })
  .operation('mine', async ({ ownerId }) => thing(ownerId))
  .operation('list', async ({ ownerIds }) => ({ items: ownerIds.map(thing), next: null }))
  .operation('inner', () => ({}))
  .operation('support', () => ({}))
  .operation('numbers', { ownerOf: ({ ownerId }) => ownerId }, async function* (_input, { lastEventId }) {
    for (let n = Number(lastEventId ?? 0) + 1; n <= 3; n++) yield { id: String(n), data: { n } }
  })

const slow = contract('slow', {
  version: '1.0.0',
  operations: {
    wait: query({ access: 'public', input: z.object({ ms: z.int().min(0) }), output: z.object({}) }),
  },
})
const open = () => openTestHost({ services: [thingsService], database: false })

test('neither side sees what the other does to its object afterwards', async () => {
  const host = await open()
  const input = { id: '1', ownerId: 'a', tags: ['first'] }
  const call = host.client(things).echo(input)
  input.tags.push('after the call')
  const output = await call
  expect(kept.at(-1)?.tags).toEqual(['first'])
  output.tags.push('changed by the caller')
  kept.at(-1)?.tags.push('changed by the callee')
  expect(answer.tags).toEqual(['kept'])
  expect(input.tags).toEqual(['first', 'after the call'])
})

test('gives only what the contract names', async () => {
  const host = await open()
  expect(await host.client(things).echo(thing('a'))).not.toHaveProperty('extra')
})

test('db.run of a query, past the types, says what to write instead', async () => {
  const logged: (LogFields | undefined)[] = []
  const quiet = quietTelemetry()
  const log = { ...quiet.log, error: (_message: string, fields?: LogFields) => void logged.push(fields) }
  const writing = service(slow, {}).operation('wait', async (_input, { db }) => {
    const pastTypes: Pick<WriteDatabase, 'run'> = Object(db)
    await pastTypes.run({ text: 'delete from thing', values: [] })
    return {}
  })
  const host = await openTestHost({ services: [writing], database: false, telemetry: { ...quiet, log } })
  await expect(host.client(slow).wait({ ms: 1 })).rejects.toMatchObject({ code: 'ARC_INTERNAL' })
  expect(logged).toMatchObject([
    {
      error: {
        code: 'ARC_STATEMENT_REFUSED',
        message: expect.stringContaining('Make the operation a command'),
      },
    },
  ])
})

test('refuses input that does not fit, naming the field', async () => {
  const host = await open()
  await expect(host.client(things).find(JSON.parse('{"id":1}'))).rejects.toMatchObject({
    code: 'ARC_INPUT_INVALID',
    details: { issues: [{ path: 'id' }] },
  })
})

test.each([false, true])(
  'a declared error arrives with class, code and details (wire forced: %s)',
  async (forced) => {
    const host = await openTestHost({ services: [thingsService], database: false, forced })
    const error = await host
      .client(things)
      .find({ id: 'none' })
      .catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(ArchipelError)
    expect(error).toMatchObject({
      code: 'NO_THING',
      kind: 'not-found',
      details: { id: 'none' },
      declaredBy: 'things',
    })
  },
)

test.each(['bug', 'foreign', 'malformed'])(
  '%s: what the contract does not declare is redacted, and logged under the correlation id',
  async (id) => {
    const logged: (LogFields | undefined)[] = []
    const quiet = quietTelemetry()
    const telemetry = {
      ...quiet,
      log: { ...quiet.log, error: (_message: string, fields?: LogFields) => void logged.push(fields) },
    }
    const host = await openTestHost({ services: [thingsService], database: false, telemetry })
    const error = await host
      .client(things)
      .find({ id })
      .catch((failure: unknown) => failure)
    expect(error).toMatchObject({
      code: 'ARC_INTERNAL',
      kind: 'internal',
      details: { correlationId: 'c-test' },
    })
    expect(JSON.stringify(error) + String(error)).not.toContain('secret')
    expect(logged).toMatchObject([{ correlationId: 'c-test', operation: 'things.find' }])
  },
)

test.each([false, true])(
  'counts each call by its outcome, and how long it took (wire forced: %s)',
  async (forced) => {
    const time = createVirtualTime()
    const environment = systemEnvironment(time)
    const telemetry = await createTelemetry({
      environment,
      service: 'test',
      logDestination: { write: () => undefined },
    })
    const slowService = service(slow, {}).operation('wait', async ({ ms }) => {
      await time.timers.sleep(ms)
      return {}
    })
    const host = await openTestHost({
      services: [slowService],
      database: false,
      environment,
      telemetry,
      forced,
    })
    const client = host.client(slow)
    const answers = Promise.allSettled([
      client.wait({ ms: 20 }),
      client.wait({ ms: 40 }),
      client.wait({ ms: -1 }),
    ])
    await time.advance(200)
    await answers
    const text = await telemetry.exposition()
    const times = forced ? 3 : 1
    expect(text).toContain(
      `archipel_calls_total{service="slow",operation="wait",outcome="ok"} ${2 * times}\n`,
    )
    expect(text).toContain(
      `archipel_calls_total{service="slow",operation="wait",outcome="ARC_INPUT_INVALID"} ${times}\n`,
    )
    expect(text).toContain(
      `archipel_call_duration_seconds_sum{service="slow",operation="wait"} ${0.06 * times}\n`,
    )
  },
)

const number = contract('number', {
  version: '1.0.0',
  operations: { give: query({ access: 'public', input: z.object({}), output: z.object({ n: z.int() }) }) },
})
// What is like a promise and none, as a builder of queries is.
// oxlint-disable-next-line unicorn/no-thenable
const thenable = { then: (done: (answer: { n: number }) => unknown) => void done({ n: 1 }) }

test.each([
  ['at once', () => ({ n: 1 })],
  ['by a promise', async () => ({ n: 1 })],
  ['by what is like a promise', () => Object.assign({ n: 0 }, thenable)],
])('a handler may answer %s', async (_how, handler) => {
  const host = await openTestHost({
    services: [service(number, {}).operation('give', handler)],
    database: false,
  })
  expect(await host.client(number).give()).toEqual({ n: 1 })
})

test.each([
  ['at once', () => JSON.parse('not JSON')],
  ['by a promise', async () => JSON.parse('not JSON')],
])('a handler that fails %s rejects the call, redacted', async (_how, handler) => {
  const host = await openTestHost({
    services: [service(number, {}).operation('give', handler)],
    database: false,
  })
  await expect(host.client(number).give()).rejects.toMatchObject({ code: 'ARC_INTERNAL' })
})

test("somebody else's thing looks like one that is not there", async () => {
  const host = await open()
  expect(await host.client(things, { principal: 'a' }).mine({ ownerId: 'a' })).toMatchObject({ ownerId: 'a' })
  await expect(host.client(things, { principal: 'b' }).mine({ ownerId: 'a' })).rejects.toMatchObject({
    code: 'GONE',
    kind: 'not-found',
  })
  expect(
    await host.client(things, { principal: 'b', roles: ['support'] }).mine({ ownerId: 'a' }),
  ).toMatchObject({ ownerId: 'a' })
  await expect(host.client(things).mine({ ownerId: 'a' })).rejects.toMatchObject({
    code: 'ARC_UNAUTHENTICATED',
  })
})

test('a page with one foreign item is an internal error, and nothing of it leaves', async () => {
  const host = await open()
  const client = host.client(things, { principal: 'a' })
  expect((await client.list({ ownerIds: ['a', 'a'] })).items).toHaveLength(2)
  await expect(client.list({ ownerIds: ['a', 'b'] })).rejects.toMatchObject({ code: 'ARC_INTERNAL' })
})

test('denies by default: internal operations from outside, roles that are missing', async () => {
  const host = await open()
  await expect(host.client(things).inner()).rejects.toMatchObject({ code: 'ARC_NOT_FOUND' })
  expect(await host.client(things, { caller: 'orders' }).inner()).toEqual({})
  await expect(host.client(things, { principal: 'a' }).support()).rejects.toMatchObject({
    code: 'ARC_FORBIDDEN',
  })
  await expect(host.client(things).support()).rejects.toMatchObject({ code: 'ARC_UNAUTHENTICATED' })
})

test('a stream asks for the owner before the first item, and resumes after the last one', async () => {
  const host = await openTestHost({ services: [thingsService] })
  const read = async (principal: string) => {
    const items = []
    for await (const { id } of host
      .client(things, { principal })
      .numbers({ ownerId: 'a' }, { lastEventId: '1' }))
      items.push(id)
    return items
  }
  expect(await read('a')).toEqual(['2', '3'])
  await expect(read('b')).rejects.toMatchObject({ code: 'ARC_NOT_FOUND' })
  await host[Symbol.asyncDispose]()
})

const hop = <const TName extends string>(name: TName) =>
  contract(name, {
    version: '1.0.0',
    operations: { go: query({ access: 'public', input: z.object({}), output: z.object({}) }) },
  })
const [first, second, third] = [hop('first'), hop('second'), hop('third')]

test('50 ms through three services: the third starts nothing when time is up', async () => {
  const time = createVirtualTime()
  const started: string[] = []
  const errors: unknown[] = []
  const host = await openTestHost({
    database: false,
    environment: systemEnvironment(time),
    services: [
      service(first, { uses: { second } }).operation('go', async (_input, { second, signal }) => {
        signal.addEventListener('abort', () => started.push('first was told'))
        return second.go()
      }),
      service(second, { uses: { third } }).operation('go', async (_input, { third }) => {
        started.push('second')
        await time.timers.sleep(60)
        return third.go().catch((error: unknown) => {
          errors.push(error)
          throw error
        })
      }),
      service(third, {}).operation('go', () => {
        started.push('third')
        return {}
      }),
    ],
  })
  const failed = outcomeOf(host.client(first).go({}, { deadline: '50ms' })).then((error) =>
    expect(error).toMatchObject({
      code: 'ARC_DEADLINE',
    }),
  )
  await time.advance(100)
  await failed
  expect(started).toEqual(['second', 'first was told'])
  expect(errors).toMatchObject([{ code: 'ARC_DEADLINE', effect: 'none' }])
})

/** The error of a call that is to fail, listened to from the beginning. */
function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}
