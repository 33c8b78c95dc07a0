import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { systemEnvironment } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'
import { createFaultPoints } from '../testing/fault-points.ts'
import { archive, archiveService, MAX_BYTES, TABLES } from './bytes.fixture.ts'
import { countOf, openTestHost } from './service.fixture.ts'

const open = (forced: boolean, poolLimit?: number) =>
  openTestHost({ services: [archiveService], tables: { archive: TABLES }, forced, poolLimit })

async function* inPieces(bytes: Uint8Array, size = 10_000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const png = (bytes: Uint8Array | AsyncIterable<Uint8Array>) => ({ contentType: 'image/png', bytes })

describe.each([
  ['in one host', false],
  ['over the wire', true],
])('bytes %s', (_, forced) => {
  test('go up and come down as they were, whole or in part', async () => {
    await using host = await open(forced)
    const client = host.client(archive)
    const bytes = randomBytes(123_456)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect(await client.put({ id: 'a' }, png(inPieces(bytes)))).toEqual({ length: bytes.length, sha256 })
    const found = await client.get({ id: 'a' })
    expect(found).toMatchObject({ contentType: 'image/png', length: bytes.length, entityTag: sha256 })
    expect(bytes.equals(await readAll(found.read(0, bytes.length)))).toBe(true)
    expect(bytes.subarray(9_990, 20_001).equals(await readAll(found.read(9_990, 20_001)))).toBe(true)
  })

  test('the same key, input and bytes have one answer; with other bytes the key is refused', async () => {
    await using host = await open(forced)
    const client = host.client(archive, { principal: 'p-1' })
    const put = (bytes: Uint8Array) => client.put({ id: 'a' }, png(bytes), { key: 'k-1' })
    const first = await put(Buffer.from('one'))
    expect(await put(Buffer.from('one'))).toEqual(first)
    await expect(put(Buffer.from('two'))).rejects.toMatchObject({ code: 'ARC_KEY_REUSED' })
    expect(await countOf(host.database('archive'), 'files')).toBe(1)
  })

  test('a refusal of the handler is an answer as well, and writes nothing', async () => {
    await using host = await open(forced)
    const client = host.client(archive)
    await expect(client.put({ id: 'a' }, png(new Uint8Array()))).rejects.toMatchObject({
      code: 'EMPTY',
      kind: 'refused',
    })
    await expect(client.get({ id: 'a' })).rejects.toMatchObject({ code: 'NO_FILE' })
  })

  test('what is too long is refused as soon as that is known; the rest is never asked for', async () => {
    await using host = await open(forced)
    const client = host.client(archive)
    await expect(client.put({ id: 'a' }, png(new Uint8Array(MAX_BYTES + 1)))).rejects.toMatchObject({
      code: 'ARC_BODY_TOO_LARGE',
      details: { limit: MAX_BYTES },
    })
    let given = 0
    async function* endless() {
      for (;;) {
        given += 100_000
        yield new Uint8Array(100_000)
      }
    }
    await expect(client.put({ id: 'a' }, png(endless()))).rejects.toMatchObject({
      code: 'ARC_BODY_TOO_LARGE',
    })
    expect(given).toBe(MAX_BYTES + 100_000)
    expect(await countOf(host.database('archive'), 'files')).toBe(0)
  })

  test('what calls itself something else is refused before it is read', async () => {
    await using host = await open(forced)
    let read = false
    async function* bytes() {
      read = true
      yield Uint8Array.of(1)
    }
    await expect(
      host.client(archive).put({ id: 'a' }, { contentType: 'text/html', bytes: bytes() }),
    ).rejects.toMatchObject({ code: 'ARC_CONTENT_TYPE' })
    expect(read).toBe(false)
    expect(
      await host.client(archive).put({ id: 'a' }, { contentType: 'Image/PNG; x=y', bytes: bytes() }),
    ).toMatchObject({ length: 1 })
  })

  test('one that breaks off leaves nothing, and its key is free', async () => {
    await using host = await open(forced)
    const client = host.client(archive)
    async function* cut() {
      yield new Uint8Array(50_000)
      throw frameworkError('ARC_CANCELLED', 'the client went away')
    }
    await expect(client.put({ id: 'a' }, png(cut()), { key: 'k'.repeat(32) })).rejects.toMatchObject({
      code: 'ARC_CANCELLED',
    })
    expect(await countOf(host.database('archive'), 'files')).toBe(0)
    expect(await client.put({ id: 'a' }, png(Uint8Array.of(1)), { key: 'k'.repeat(32) })).toMatchObject({
      length: 1,
    })
  })

  test('who may not send is told before a byte is read; a stranger is told that there is nothing', async () => {
    await using host = await open(forced)
    await host.client(archive).put({ id: 'a' }, png(Uint8Array.of(1)))
    async function* untouched(): AsyncIterable<Uint8Array> {
      yield await Promise.reject(new Error('nobody should read this'))
    }
    const replace = (principal?: string, roles: string[] = []) =>
      host
        .client(archive, { ...(principal && { principal }), roles })
        .replace({ id: 'a' }, png(principal === 'o-1' ? Uint8Array.of(2) : untouched()))
    await expect(replace()).rejects.toMatchObject({ code: 'ARC_UNAUTHENTICATED' })
    await expect(replace('o-2')).rejects.toMatchObject({ code: 'ARC_NOT_FOUND' })
    expect(await replace('o-1')).toEqual({})
    const own = (principal: string) => host.client(archive, { principal }).getOwn({ id: 'a' })
    await expect(own('o-2')).rejects.toMatchObject({ code: 'ARC_NOT_FOUND' })
    expect(await own('o-1')).toMatchObject({ length: 3 })
  })

  test('a download that says what its contract does not is an error inside', async () => {
    await using host = await open(forced)
    const client = host.client(archive)
    for (const how of ['type', 'tag'] as const)
      await expect(client.broken({ how })).rejects.toMatchObject({ code: 'ARC_INTERNAL' })
    for (const how of ['short', 'long', 'throws'] as const) {
      const { read, length = 0 } = await client.broken({ how })
      await expect(readAll(read(0, length))).rejects.toMatchObject({ code: 'ARC_INTERNAL' })
    }
  })
})

test('senders and readers that never go on hold no connection: others are served by the only one', async () => {
  await using host = await open(false, 1)
  const client = host.client(archive)
  const bytes = randomBytes(100_000)
  await client.put({ id: 'a' }, png(bytes))
  const stalled = Promise.withResolvers<void>()
  const begun: Promise<void>[] = []
  async function* stalling(started: () => void): AsyncIterable<Uint8Array> {
    yield bytes.subarray(0, 50_000)
    started()
    await stalled.promise
    yield bytes.subarray(50_000)
  }
  const senders = [1, 2, 3, 4].map((number) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    begun.push(promise)
    return client.put({ id: `s-${number}` }, png(stalling(resolve)), { deadline: '1h' })
  })
  const readers = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const { read } = await client.get({ id: 'a' })
      const reader = read(0, bytes.length)[Symbol.asyncIterator]()
      expect((await reader.next()).done).toBe(false)
      return reader
    }),
  )
  await Promise.all(begun)
  expect(await client.count()).toEqual({ files: 1 })
  expect(await client.put({ id: 'b' }, png(bytes))).toMatchObject({ length: bytes.length })
  for (const reader of readers) await reader.return?.()
  stalled.resolve()
  await Promise.all(senders)
  expect(await client.count()).toEqual({ files: 6 })
})

test.each(['command.after-commit', 'upload.answered'] as const)(
  'what fails at %s has an effect that is unknown; the repeat brings the answer',
  async (point) => {
    const faults = createFaultPoints()
    await using host = await openTestHost({
      services: [archiveService],
      tables: { archive: TABLES },
      environment: systemEnvironment({ faults }),
    })
    const put = () => host.client(archive).put({ id: 'a' }, png(Uint8Array.of(1, 2)), { key: 'x'.repeat(32) })
    faults.fail(point)
    await expect(put()).rejects.toMatchObject({ code: 'ARC_INTERNAL', effect: 'unknown' })
    expect(await countOf(host.database('archive'), 'files')).toBe(1)
    expect(await put()).toMatchObject({ length: 2 })
  },
)

test('a host that dies between the last byte and the commit has written nothing; the repeat does it all', async () => {
  const died = new Error('the host died here')
  let armed = true
  const environment = {
    ...systemEnvironment(),
    faults: {
      armed: true,
      reach: async (point: string) => {
        if (armed && point === 'command.before-commit') throw died
      },
    },
  }
  await using host = await openTestHost({
    services: [archiveService],
    tables: { archive: TABLES },
    environment,
  })
  const put = () => host.client(archive).put({ id: 'a' }, png(Uint8Array.of(1, 2)), { key: 'x'.repeat(32) })
  await expect(put()).rejects.toMatchObject({ code: 'ARC_INTERNAL' })
  expect(await countOf(host.database('archive'), 'files')).toBe(0)
  armed = false
  expect(await put()).toMatchObject({ length: 2 })
})
