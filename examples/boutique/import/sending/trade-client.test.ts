import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createTradeClient, type TradeClient } from './trade-client.ts'

interface Asked {
  readonly line: string
  readonly token: string | undefined
  readonly key: string | undefined
  readonly body: string
}

type Reply = (response: ServerResponse, asked: Asked) => void

/** A shop that answers as it is told: what a real one does now and then, and can't be asked for. */
async function troubledShop(reply: Reply, patienceMs?: number) {
  const asked: Asked[] = []
  let sessions = 0
  const server = createServer((request, response) => void answer(request, response))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${request.method} ${request.url}`
    const body = await text(request)
    if (line === 'POST /api/v1/sessions') return say(response, 201, { token: `token-${++sessions}` })
    const { authorization: token, 'idempotency-key': key } = request.headers
    const one = { line, token, key: Array.isArray(key) ? key[0] : key, body }
    asked.push(one)
    reply(response, one)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = createTradeClient({
    target: `http://127.0.0.1:${port}`,
    email: 'trader@example.com',
    password: 'a password for tests',
    connections: 8,
    ...(patienceMs !== undefined && { patienceMs }),
  })
  return {
    asked,
    client,
    sessions: () => sessions,
    async [Symbol.asyncDispose]() {
      await client.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

function say(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

const sendOne = (client: TradeClient, content: unknown = { sku: 'A' }) =>
  client.send('/trade/products', 'product/A', content)

test('asks again, with the same key and content, until there is an answer for good', async () => {
  const troubles: Reply[] = [
    (response) => response.destroy(),
    (response) => say(response, 503, { code: 'ARC_UNAVAILABLE', detail: '' }),
    (response) => say(response, 409, { code: 'ARC_KEY_IN_PROGRESS', detail: '' }),
    (response) => say(response, 429, { code: 'ARC_LIMITED', detail: '' }),
    (response) => say(response, 504, 'a proxy speaks'),
    (response) =>
      response.writeHead(200, { 'content-length': '100' }).end('cut off', () => response.destroy()),
  ]
  await using shop = await troubledShop((response) => {
    const trouble = troubles.shift()
    if (trouble) trouble(response, { line: '', token: '', key: '', body: '' })
    else say(response, 201, { sku: 'A' })
  })
  expect(await sendOne(shop.client)).toEqual({ done: true, body: { sku: 'A' } })
  expect(shop.asked).toHaveLength(7)
  expect(new Set(shop.asked.map(({ key, body }) => `${key} ${body}`)).size).toBe(1)
  expect(shop.client.repeats()).toBe(6)
})

test('waits as long as Retry-After says', async () => {
  const times: number[] = []
  await using shop = await troubledShop((response) => {
    times.push(performance.now())
    if (times.length === 1) say(response, 503, { code: 'ARC_UNAVAILABLE' }, { 'retry-after': '1' })
    else say(response, 201, {})
  })
  await sendOne(shop.client)
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(990)
})

test('a token that has run out is renewed once for all who were told so', async () => {
  let good = 'Bearer token-1'
  await using shop = await troubledShop((response, { token }) => {
    if (token === good) say(response, 201, {})
    else say(response, 401, { code: 'ARC_TOKEN_EXPIRED' })
  })
  await sendOne(shop.client)
  good = 'Bearer token-2'
  const names = ['1', '2', '3', '4', '5', '6']
  const answers = await Promise.all(names.map((name) => shop.client.send('/trade/products', name, {})))
  expect(answers.every(({ done }) => done)).toBe(true)
  expect(shop.sessions()).toBe(2)
})

test('who may not import is told so, and nothing is asked for ever', async () => {
  await using without = await troubledShop((response) =>
    say(response, 403, { code: 'ARC_FORBIDDEN', detail: 'no' }),
  )
  await expect(sendOne(without.client)).rejects.toMatchObject({
    exitCode: 77,
    message: expect.stringContaining('it needs the role trade'),
  })
  await using never = await troubledShop((response) => say(response, 401, { code: 'ARC_TOKEN_INVALID' }))
  await expect(sendOne(never.client)).rejects.toMatchObject({ exitCode: 77 })
  expect(never.asked).toHaveLength(5)
})

test('a token that is no longer good when it comes, as the clock of the shop jumped meanwhile, is renewed again', async () => {
  await using shop = await troubledShop((response, { token }) => {
    if (token === 'Bearer token-4') say(response, 201, {})
    else say(response, 401, { code: 'ARC_TOKEN_EXPIRED' })
  })
  expect(await sendOne(shop.client)).toMatchObject({ done: true })
  expect(shop.sessions()).toBe(4)
})

test('a refusal is an answer, with its code and details', async () => {
  const problem = { code: 'REFERENCE_TAKEN', detail: 'it was another order', details: { id: '1' } }
  await using shop = await troubledShop((response) => say(response, 409, problem))
  expect(await sendOne(shop.client)).toEqual({
    done: false,
    code: 'REFERENCE_TAKEN',
    message: 'it was another order',
    details: { id: '1' },
  })
  expect(shop.asked).toHaveLength(1)
})

test('gives up on a shop that is gone, and says what to do', async () => {
  await using shop = await troubledShop((response) => response.destroy(), 300)
  await expect(sendOne(shop.client)).rejects.toMatchObject({
    exitCode: 69,
    message: expect.stringContaining('start again when it runs'),
  })
})

test('another content is another command, and the same one is the same in every process', async () => {
  await using shop = await troubledShop((response) => say(response, 201, {}))
  await sendOne(shop.client, { sku: 'A', name: 'one' })
  await sendOne(shop.client, { sku: 'A', name: 'two' })
  const [one, two] = shop.asked.map(({ key }) => key)
  expect(one).toMatch(/^import\/product%2FA\/[0-9a-f]{32}$/)
  expect(two).not.toBe(one)
})
