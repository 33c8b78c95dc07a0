import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, contract, download, notFound, query, stream } from '../contract/index.ts'
import { systemEnvironment } from '../environment/index.ts'
import { ArchipelError, frameworkError } from '../errors/index.ts'
import { createVirtualTime } from '../testing/virtual-time.ts'
import {
  createBoundsSource,
  createClient,
  createPipeline,
  type CallBounds,
  type CallRequest,
  type Transport,
} from './index.ts'

const empty = { input: z.object({}), output: z.object({ n: z.int() }) }
const shop = contract('shop', {
  version: '1.0.0',
  operations: {
    look: query({ access: 'public', ...empty, errors: { MISSING: notFound(z.object({ sku: z.string() })) } }),
    buy: command({ access: 'public', ...empty }),
    signIn: command({ access: 'public', ...empty, secret: true }),
    watch: stream({ access: 'public', ...empty }),
    photo: download({ access: 'public', input: empty.input, contentTypes: ['image/png'] }),
  },
})
const metadata = {
  caller: 'test',
  principal: undefined,
  idempotencyKey: undefined,
  correlationId: 'c1',
  traceparent: undefined,
  undoes: undefined,
}

type Answer = (request: CallRequest, bounds: CallBounds, tries: number) => unknown

function open(answer: Answer) {
  const time = createVirtualTime()
  const environment = systemEnvironment({
    ...time,
    randomness: { next: () => 0.5, bytes: (length) => new Uint8Array(length) },
  })
  const requests: CallRequest[] = []
  const transport: Transport = {
    async download(request, bounds) {
      answer(request, bounds, 1)
      throw new Error('no test has one that succeeds')
    },
    async call(request, bounds) {
      requests.push(request)
      return answer(request, bounds, requests.length)
    },
    async *stream(request) {
      requests.push(request)
      yield { id: '1', data: { n: 1 } }
    },
  }
  const bounds = createBoundsSource(environment)
  const pipeline = createPipeline({ environment, transport, bounds })
  return {
    time,
    requests,
    bounds,
    client: createClient(shop, { pipeline, metadata, bounds: undefined }),
    pipeline,
  }
}

const unavailable = () => frameworkError('ARC_UNAVAILABLE', 'nobody is there')

test('a query that finds nobody is asked again, three times in all', async () => {
  const { client, requests, time } = open(() => {
    throw unavailable()
  })
  const failed = outcomeOf(client.look()).then((error) =>
    expect(error).toMatchObject({ code: 'ARC_UNAVAILABLE' }),
  )
  await time.advance(5_000)
  await failed
  expect(requests).toHaveLength(3)
})

test('a command is repeated under one key, a fresh one for each call', async () => {
  const { client, requests, time } = open((_request, _bounds, tries) => {
    if (tries < 3) throw unavailable()
    return { n: 1 }
  })
  const answered = client.buy()
  await time.advance(5_000)
  expect(await answered).toEqual({ n: 1 })
  const keys = new Set(requests.map((request) => request.metadata.idempotencyKey))
  expect(keys.size).toBe(1)
  await client.buy()
  expect(requests.at(-1)?.metadata.idempotencyKey).not.toBe(requests[0]?.metadata.idempotencyKey)
})

test('what answers with a secret is never repeated and has no key', async () => {
  const { client, requests } = open(() => {
    throw unavailable()
  })
  await expect(client.signIn()).rejects.toMatchObject({ code: 'ARC_UNAVAILABLE' })
  expect(requests.map((request) => request.metadata.idempotencyKey)).toEqual([undefined])
})

test.each(['ARC_LIMITED', 'ARC_INTERNAL', 'ARC_FORBIDDEN', 'ARC_DEADLINE'] as const)(
  '%s is not asked again',
  async (code) => {
    const { client, requests } = open(() => {
      throw frameworkError(code, 'no')
    })
    await expect(client.look()).rejects.toMatchObject({ code })
    expect(requests).toHaveLength(1)
  },
)

test.each(['buy', 'photo'] as const)(
  'a failed call says which it was, with which code, and the line that waits for it: %s',
  async (operation) => {
    const { client } = open(() => {
      throw frameworkError('ARC_FORBIDDEN', 'not you')
    })
    const waiting = async () => {
      await client[operation]()
    }
    const told = `ArchipelError [shop.${operation} ARC_FORBIDDEN]`
    const error = await outcomeOf(waiting())
    expect(error).toMatchObject({ message: 'not you', name: told })
    const [first, second] = error instanceof Error ? (error.stack ?? '').split('\n') : []
    expect(first).toBe(`${told}: not you`)
    expect(second).toMatch(/^ +at (?:async )?waiting \(.*pipeline\.test\.ts:\d+/)
  },
)

test('a key that is at work elsewhere is asked for until its answer is there', async () => {
  const { client, requests, time } = open((_request, _bounds, tries) => {
    if (tries < 8)
      throw frameworkError('ARC_KEY_IN_PROGRESS', 'at work', { effect: 'unknown', retryAfterMs: 200 })
    return { n: 7 }
  })
  const answered = client.buy()
  await time.advance(3_000)
  expect(await answered).toEqual({ n: 7 })
  expect(requests).toHaveLength(8)
})

test('retries stop when the budget is spent, however many calls fail', async () => {
  const { client, requests, time } = open(() => {
    throw unavailable()
  })
  const all = Promise.allSettled(Array.from({ length: 100 }, () => client.look()))
  await time.advance(10_000)
  await all
  expect(requests.length).toBeLessThan(150)
})

test('a call ends at its deadline although the callee does not; of a command the effect is unknown then', async () => {
  const { client, time } = open(() => new Promise(() => undefined))
  const read = outcomeOf(client.look({}, { deadline: '50ms' })).then((error) =>
    expect(error).toMatchObject({
      code: 'ARC_DEADLINE',
      effect: 'none',
    }),
  )
  const written = outcomeOf(client.buy({}, { deadline: '50ms' })).then((error) =>
    expect(error).toMatchObject({
      code: 'ARC_DEADLINE',
      effect: 'unknown',
    }),
  )
  await time.advance(55)
  await Promise.all([read, written])
})

test('without a word the deadline is ten seconds', async () => {
  const { client, time } = open(() => new Promise(() => undefined))
  let ended = false
  const call = client.look().catch(() => (ended = true))
  await time.advance(9_990)
  expect(ended).toBe(false)
  await time.advance(15)
  await call
})

test('giving a call up aborts the callee', async () => {
  const controller = new AbortController()
  let callee: AbortSignal | undefined
  const { client } = open((_request, bounds) => {
    callee = bounds.signal
    return new Promise(() => undefined)
  })
  const call = client.look({}, { signal: controller.signal })
  controller.abort()
  await expect(call).rejects.toMatchObject({ code: 'ARC_CANCELLED' })
  expect(callee?.aborted).toBe(true)
})

test('sends nothing when the time of the caller is up', async () => {
  const { pipeline, bounds, requests, time } = open(() => ({ n: 1 }))
  const caller = bounds.open(50)
  const client = createClient(shop, { pipeline, metadata, bounds: caller })
  await time.advance(50)
  await expect(client.look()).rejects.toMatchObject({ code: 'ARC_DEADLINE', effect: 'none' })
  expect(requests).toHaveLength(0)
})

test('errors come as values from try, typed by their code, and without their cause', async () => {
  const { client } = open(() => {
    const cause = new Error('a secret')
    throw new ArchipelError({
      code: 'MISSING',
      kind: 'not-found',
      message: 'no',
      details: { sku: 'A' },
      declaredBy: 'shop',
      cause,
    })
  })
  const result = await client.try.look()
  if (result.ok || result.error.code !== 'MISSING') throw new Error('expected MISSING')
  expect(result.error.details.sku).toBe('A')
  expect(result.error).toBeInstanceOf(ArchipelError)
  expect(result.error.cause).toBeUndefined()
})

test('a stream goes on after the item that the reader names', async () => {
  const { client, requests } = open(() => undefined)
  const items = []
  for await (const item of client.watch({}, { lastEventId: '0' })) items.push(item)
  expect(items).toEqual([{ id: '1', data: { n: 1 } }])
  expect(requests[0]?.metadata.lastEventId).toBe('0')
})

test('methods can be taken out of their client', async () => {
  const { client } = open(() => ({ n: 3 }))
  const { look } = client
  expect(await look()).toEqual({ n: 3 })
})

/** The error of a call that is to fail, listened to from the beginning. */
function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('calls that ended, well or not, leave nothing behind at a signal that outlives them', async () => {
  const { client } = open((_request, _bounds, tries) => {
    if (tries % 2 === 0) throw frameworkError('ARC_FORBIDDEN', 'no')
    return { n: 1 }
  })
  const { signal } = new AbortController()
  for (let time = 0; time < 20; time++) await client.try.look({}, { signal })
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
