import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { systemEnvironment, systemRandomness } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'
import {
  createTelemetry,
  hidingLog,
  isTraceparent,
  newTraceparent,
  quietTelemetry,
  type TelemetryOptions,
} from './index.ts'

const environment = systemEnvironment()
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

async function collecting(options: Partial<TelemetryOptions> = {}) {
  const lines: string[] = []
  const telemetry = await createTelemetry({
    environment,
    service: 'shop',
    logDestination: { write: (line) => void lines.push(line) },
    ...options,
  })
  return { telemetry, lines }
}

test('a log line is one JSON object with level, time, service, message and fields', async () => {
  const { telemetry, lines } = await collecting({ instance: 'shop-1' })
  telemetry.log.with({ correlationId: 'c-1' }).info('order placed', { orderId: 'o-1' })
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    application: 'shop',
    instance: 'shop-1',
    message: 'order placed',
    correlationId: 'c-1',
    orderId: 'o-1',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  })
})

test('lines below the level are not written', async () => {
  const { telemetry, lines } = await collecting({ logLevel: 'warn' })
  telemetry.log.info('hidden')
  telemetry.log.warn('shown')
  expect(lines).toHaveLength(1)
})

const CANARY = 'cAnArY-7f3b'
const LEAKS: readonly [
  string,
  Parameters<Awaited<ReturnType<typeof collecting>>['telemetry']['log']['error']>,
][] = [
  ['a field named password', ['x', { password: CANARY }]],
  ['a field deep inside', ['x', { request: { headers: { Authorization: `Bearer ${CANARY}` } } }]],
  ['a set-cookie header', ['x', { 'set-cookie': [CANARY] }]],
  ['a client secret', ['x', { clientSecret: CANARY }]],
  ['an access token', ['x', { access_token: CANARY }]],
  ['a bearer token in the message', [`sent authorization: Bearer ${CANARY}`]],
  ['a JSON Web Token in a text', ['x', { note: `got eyJhbGciOiJFZERTQSJ9.${CANARY}.${CANARY}` }]],
  ['a password in an address', ['x', { reason: `connect postgres://shop:${CANARY}@db:5432/shop failed` }]],
  ['a message of an error', ['x', { error: new Error(`401 for Bearer ${CANARY}`) }]],
  [
    'the cause of an error',
    ['x', { error: new Error('no', { cause: new Error(`postgres://a:${CANARY}@b`) }) }],
  ],
  [
    'details of an error',
    ['x', { error: frameworkError('ARC_INTERNAL', 'no', { details: { token: CANARY } }) }],
  ],
]

test.each(LEAKS)('a secret never reaches a log: %s', async (_case, [message, fields]) => {
  for (const logFormat of ['json', 'readable'] as const) {
    const { telemetry, lines } = await collecting({ logFormat })
    telemetry.log.error(message, fields)
    telemetry.log.with(fields ?? {}).error(message)
    expect(lines.join('')).not.toContain(CANARY)
    expect(lines).toHaveLength(2)
  }
})

test('a hiding log shows none of the texts it was given, wherever they stand', async () => {
  const { telemetry, lines } = await collecting()
  const log = hidingLog(telemetry.log, () => ['Ann@Example.org (home)', 'High Street', '4411349'])
  const error = new Error('no mail for ann@example.org (home)', { cause: new Error('High Street 1') })
  log.warn('to Ann@Example.org (home)', { error, phone: 4_411_349, data: { lines: ['high street 1'] } })
  log.with({ to: 'Ann@Example.org (home)' }).info('sent')
  expect(lines.join('')).not.toMatch(/ann@|high street|4411349/i)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    message: 'to [hidden]',
    error: { message: 'no mail for [hidden]', cause: { message: '[hidden] 1' } },
    phone: '[hidden]',
    data: { lines: ['[hidden] 1'] },
  })
})

test('control characters of outside texts do not reach a terminal, nor start a new line', async () => {
  const { telemetry, lines } = await collecting({ logFormat: 'readable' })
  telemetry.log.info('agent \u001b[2J\nforged line', { agent: 'x\u001b]0;y\n' })
  expect(lines[0]).not.toMatch(/\u001b\[2J|\u001b\]|\nforged/)
})

test('counters, gauges and histograms are exposed in the Prometheus text format', async () => {
  const { telemetry } = await collecting()
  const orders = telemetry.counter('orders_total', 'Orders', ['shop'])
  orders.add(2, 'a"b\n')
  telemetry.counter('orders_total', 'Orders', ['shop']).add(1, 'a"b\n')
  telemetry.counter('orders_total', 'Orders', ['shop']).of('a"b\n').add(1)
  telemetry.histogram('wait_seconds', 'Wait').record(0.003)
  telemetry.histogram('wait_seconds', 'Wait').of().record(0.25)
  telemetry.gauge('lag', 'Lag', ['name'], () => [{ value: 7, labels: ['one'] }])
  telemetry.gauge('lag', 'Lag', ['name'], async () => [{ value: 8, labels: ['two'] }])
  const text = await telemetry.exposition()
  expect(text).toContain('# TYPE orders_total counter\norders_total{shop="a\\"b\\n"} 4\n')
  expect(text).toContain('wait_seconds_bucket{le="0.0025"} 0\nwait_seconds_bucket{le="0.005"} 1\n')
  expect(text).toContain('wait_seconds_sum 0.253\nwait_seconds_count 2\n')
  expect(text).toContain('lag{name="one"} 7\nlag{name="two"} 8\n')
  expect(text).toContain('process_cpu_user_seconds_total')
  expect(() => telemetry.counter('lag', 'Lag')).toThrow(/another type/)
})

test('two telemetries in one process share nothing', async () => {
  const [one, two] = [await collecting(), await collecting()]
  one.telemetry.counter('only_here_total', 'x').add(1)
  expect(await two.telemetry.exposition()).not.toContain('only_here_total')
})

test('outside input can not fill the memory with labels', async () => {
  const { telemetry } = await collecting()
  const counter = telemetry.counter('paths_total', 'x', ['path'])
  for (let index = 0; index < 12_000; index++) counter.add(1, `/${index}`)
  const text = await telemetry.exposition()
  expect(text).toContain('paths_total{path="other"} 2000\n')
})

test('without an exporter a span hands on the trace that came in, and nothing else', async () => {
  const { telemetry } = await collecting()
  expect(telemetry.span('a', 'internal', undefined).traceparent).toBeUndefined()
  expect(telemetry.span('a', 'internal', PARENT).traceparent).toBe(PARENT)
  expect(quietTelemetry().span('a', 'internal', PARENT).traceparent).toBe(PARENT)
})

test.each([
  [PARENT, true],
  [PARENT.toUpperCase(), false],
  [PARENT.replace('00-', 'ff-'), false],
  [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, false],
  [`00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`, false],
  [`${PARENT}-extra`, false],
  ['', false],
])('%s is a traceparent: %s', (text, expected) => expect(isTraceparent(text)).toBe(expected))

test('new traceparents are valid and differ', () => {
  const next = newTraceparent(systemRandomness)
  const made = Array.from({ length: 200 }, next)
  expect(made.every(isTraceparent)).toBe(true)
  expect(new Set(made).size).toBe(200)
})

test('with an endpoint, a trace arrives there: connected to its parent, with kind, status and no secret', async () => {
  const bodies: string[] = []
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString())
      response.end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const { port } = receiver.address() as AddressInfo
  const { telemetry } = await collecting({ otlpEndpoint: `http://127.0.0.1:${port}/` })
  const outer = telemetry.span('POST /orders', 'server', PARENT, {
    'http.route': '/orders',
    authorization: CANARY,
  })
  const inner = telemetry.span('orders.placeOrder', 'internal', outer.traceparent)
  inner.fail(frameworkError('ARC_INTERNAL', `Bearer ${CANARY}`))
  inner.end()
  inner.end()
  outer.end()
  await telemetry.close()
  receiver.close()
  const spans = bodies.flatMap((body) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans)
  expect(spans).toHaveLength(2)
  const [first, second] = spans
  expect(first).toMatchObject({
    name: 'orders.placeOrder',
    traceId: PARENT.slice(3, 35),
    parentSpanId: second.spanId,
    status: { code: 2 },
  })
  expect(second).toMatchObject({ name: 'POST /orders', kind: 2, parentSpanId: PARENT.slice(36, 52) })
  expect(bodies.join('')).not.toContain(CANARY)
  expect(bodies.join('')).toContain('"service.name"')
})
