import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { command, query } from '../../contract/index.ts'
import { systemEnvironment } from '../../environment/index.ts'
import { createTelemetry } from '../../telemetry/index.ts'
import {
  actionInput,
  createOperationsDoor,
  operatorAccess,
  operatorOperation,
  type OperationsDoorOptions,
  type OperatorAction,
} from '../index.ts'

const environment = systemEnvironment()
const listStuck = operatorOperation(
  query({
    http: { route: 'GET /stuck' },
    access: operatorAccess,
    input: z.object({ limit: z.int().max(100).default(10) }),
    output: z.object({ limit: z.int() }),
  }),
  ({ limit }) => ({ limit }),
)
const retry = operatorOperation(
  command({
    http: { route: 'POST /stuck/{id}/retry' },
    access: operatorAccess,
    input: actionInput({ id: z.string() }),
    output: z.object({ id: z.string(), by: z.string() }),
  }),
  ({ id, who }) => ({ id, by: who }),
)

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'archipel operations '))))
afterEach(() => rm(folder, { recursive: true }))

async function open(further: Partial<OperationsDoorOptions> = {}) {
  const actions: OperatorAction[] = []
  const telemetry = await createTelemetry({ environment, service: 'test', logLevel: 'silent' })
  telemetry.counter('orders_total', 'Orders').add(3)
  const tokenFile = join(folder, 'data', 'operations-token')
  const door = createOperationsDoor({
    environment,
    telemetry,
    port: 0,
    tokenFile,
    addressFile: join(folder, 'data', 'operations-door.json'),
    host: 'embedded',
    title: 'Operations',
    operations: { listStuck, retry },
    ready: () => true,
    health: () => ({ host: 'h', ready: true }),
    record: (action) => void actions.push(action),
    ...further,
  })
  await door.start()
  const token = (await readFile(tokenFile, 'utf8')).trim()
  const ask = (
    path: string,
    init: { method?: string; body?: string; headers?: Record<string, string> } = {},
  ) =>
    fetch(`http://127.0.0.1:${door.port}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers },
    })
  return { door, actions, token, tokenFile, ask, [Symbol.asyncDispose]: () => door.close() }
}

test('the token is made once, for its owner only, and kept over a restart', async () => {
  const first = await open()
  expect((await stat(first.tokenFile)).mode & 0o777).toBe(0o600)
  await first.door.close()
  await using second = await open()
  expect(second.token).toBe(first.token)
})

test('while it is open a file tells where it is, for its owner only', async () => {
  const path = join(folder, 'data', 'operations-door.json')
  const { door } = await open()
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
    url: `http://127.0.0.1:${door.port}`,
    host: 'embedded',
    process: process.pid,
  })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await door.close()
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a token file that holds something else is refused', async () => {
  const first = await open()
  await first.door.close()
  await writeFile(first.tokenFile, 'admin')
  await chmod(first.tokenFile, 0o600)
  await expect(open()).rejects.toMatchObject({ code: 'ARC_CONFIGURATION_INVALID' })
})

test.each(['/metrics', '/health', '/openapi.json', '/stuck', '/nowhere'])(
  '%s needs the token',
  async (path) => {
    await using at = await open()
    for (const authorization of ['', 'Bearer wrong', `Bearer ${at.token}x`, `Basic ${at.token}`]) {
      expect((await at.ask(path, { headers: { authorization } })).status).toBe(401)
    }
  },
)

function statusFor(port: number, token: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { host, authorization: `Bearer ${token}` }
    request({ port, host: '127.0.0.1', path: '/stuck', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

test('F15: a name that was bound to this machine by a web page is refused, even with the token', async () => {
  await using at = await open()
  for (const host of [
    'evil.test',
    `evil.test:${at.door.port}`,
    'localhost.evil.test',
    '127.0.0.1.evil.test',
    '10.0.0.1',
  ]) {
    expect([host, await statusFor(at.door.port, at.token, host)]).toEqual([host, 403])
  }
  for (const host of ['localhost', `localhost:${at.door.port}`, '127.0.0.1', '[::1]:3001']) {
    expect([host, await statusFor(at.door.port, at.token, host)]).toEqual([host, 200])
  }
})

test('queries are answered, metrics and health shown, probes need no token', async () => {
  await using at = await open()
  expect(await (await at.ask('/stuck?limit=7')).json()).toEqual({ limit: 7 })
  expect((await at.ask('/stuck?limit=1000')).status).toBe(400)
  expect(await (await at.ask('/metrics')).text()).toContain('orders_total 3\n')
  expect(await (await at.ask('/health')).json()).toEqual({ host: 'h', ready: true })
  expect((await fetch(`http://127.0.0.1:${at.door.port}/livez`)).status).toBe(200)
  expect((await fetch(`http://127.0.0.1:${at.door.port}/readyz`)).status).toBe(200)
  const document = z
    .object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) })
    .parse(await (await at.ask('/openapi.json')).json())
  expect(document.openapi).toMatch(/^3\.1/)
  expect(Object.keys(document.paths)).toEqual(['/stuck', '/stuck/{id}/retry'])
})

test('an action is recorded with who and why, before it is done', async () => {
  await using at = await open()
  const body = JSON.stringify({ who: 'Ada', why: 'the provider is back' })
  const answer = await at.ask('/stuck/s-1/retry', {
    method: 'POST',
    body,
    headers: { 'x-correlation-id': 'c-1' },
  })
  expect(await answer.json()).toEqual({ id: 's-1', by: 'Ada' })
  expect(at.actions).toEqual([
    {
      operation: 'retry',
      who: 'Ada',
      why: 'the provider is back',
      input: { id: 's-1' },
      at: expect.stringMatching(/Z$/),
      correlationId: 'c-1',
    },
  ])
})

test.each([{}, { who: 'Ada' }, { who: '', why: 'x' }, { who: 'Ada', why: 7 }])(
  '%j is no action: nothing is done',
  async (body) => {
    await using at = await open()
    expect((await at.ask('/stuck/s-1/retry', { method: 'POST', body: JSON.stringify(body) })).status).toBe(
      400,
    )
    expect(at.actions).toEqual([])
  },
)

test('an action that can not be recorded is not done', async () => {
  let done = false
  const quiet = operatorOperation(retry.operation, () => {
    done = true
    return {}
  })
  await using at = await open({
    operations: { quiet },
    record: async () => Promise.reject(new Error('disk full')),
  })
  const answer = await at.ask('/stuck/s-1/retry', {
    method: 'POST',
    body: JSON.stringify({ who: 'Ada', why: 'x' }),
  })
  expect([answer.status, done]).toEqual([500, false])
})

test('a command that does not ask who and why is refused when the door is made', async () => {
  const silent = operatorOperation(
    command({
      http: { route: 'POST /x' },
      access: operatorAccess,
      input: z.object({}),
      output: z.object({}),
    }),
    () => ({}),
  )
  await expect(open({ operations: { silent } })).rejects.toThrow(/who and why/)
})
