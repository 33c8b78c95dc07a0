import { expect, test } from 'vitest'
import { frameworkError } from '../errors/index.ts'
import { wireForced, type CallRequest, type Download, type IncomingBody, type Transport } from './index.ts'

const bounds = { deadlineAt: Infinity, signal: new AbortController().signal }
const bytes = Uint8Array.of(1, 2, 3)

function requestWith(sent?: IncomingBody): CallRequest {
  const metadata = {
    caller: 'test',
    principal: undefined,
    idempotencyKey: 'k',
    correlationId: 'c1',
    traceparent: undefined,
    undoes: undefined,
  }
  return { service: 'files', operation: 'put', input: {}, metadata, body: sent }
}

/** A transport whose other side takes in bodies, or looks at them and refuses. */
function taking(answer: (taken: number[], count: number) => unknown, readsAll = true) {
  let count = 0
  const differences: string[] = []
  const inner: Transport = {
    async call({ body }) {
      const taken: number[] = []
      if (readsAll) for await (const chunk of body?.bytes ?? []) taken.push(...chunk)
      return answer(taken, ++count)
    },
    async *stream() {},
    download: () => Promise.reject(new Error('not of this test')),
  }
  const transport = wireForced(inner, {
    contracts: [],
    onDifference: ({ operation }) => differences.push(operation),
  })
  return { transport, differences, delivered: () => count }
}

const body = (): IncomingBody => ({
  contentType: 'image/png',
  length: 3,
  bytes: (async function* () {
    yield bytes
  })(),
})

test('an upload is delivered twice, with the same bytes', async () => {
  const { transport, differences, delivered } = taking((taken) => ({ taken }))
  expect(await transport.call(requestWith(body()), bounds)).toEqual({ taken: [1, 2, 3] })
  expect([delivered(), differences]).toEqual([2, []])
})

test('an upload that answers in two ways is told of', async () => {
  const { transport, differences } = taking((_taken, count) => ({ count }))
  await transport.call(requestWith(body()), bounds)
  expect(differences).toEqual(['put'])
})

test('one that was refused before its end is not delivered again: nobody has all of its bytes', async () => {
  const { transport, delivered } = taking(() => {
    throw frameworkError('ARC_CONTENT_TYPE', 'no')
  }, false)
  await expect(transport.call(requestWith(body()), bounds)).rejects.toMatchObject({
    code: 'ARC_CONTENT_TYPE',
  })
  expect(delivered()).toBe(1)
})

test('the two sides of a download share neither bytes nor errors', async () => {
  const own = Uint8Array.from(bytes)
  const failure = new Error('password=secret')
  const download: Download = {
    contentType: 'image/png',
    length: 3,
    entityTag: 'abc',
    async *read(from) {
      if (from > 0) throw failure
      yield own
    },
  }
  const { transport } = taking(() => ({}))
  const inner: Transport = { ...transport, download: async () => download }
  const forced = wireForced(inner, { contracts: [] })
  const { read, ...description } = await forced.download(requestWith(), bounds)
  expect(description).toEqual({ contentType: 'image/png', length: 3, entityTag: 'abc' })
  for await (const chunk of read(0, 3)) chunk.fill(9)
  expect([...own]).toEqual([1, 2, 3])
  const broken = async () => {
    for await (const _ of read(1, 3));
  }
  await expect(broken()).rejects.toMatchObject({ code: 'ARC_INTERNAL', details: { correlationId: 'c1' } })
})
